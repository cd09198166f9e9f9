#include "ops/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "encoding/utf8.hpp"

namespace kassa::ops::log {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %* %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*",%v})";

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// The level in the word that the configuration has for it; spdlog has another for `warn`.
class LevelWord final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const auto word = line.level == spdlog::level::warn
                          ? std::string_view("warn")
                          : std::string_view(spdlog::level::to_string_view(line.level).data(),
                                             spdlog::level::to_string_view(line.level).size());
    out.append(word.data(), word.data() + word.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelWord>();
  }
};

/// A logger and the form its lines have; exchanged as one.
struct Output {
  Format format;
  spdlog::logger logger;

  Output(Format form, spdlog::sink_ptr sink) : format(form), logger("kassa", std::move(sink)) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<LevelWord>('*').set_pattern(form == Format::json ? kJsonPattern
                                                                         : kTextPattern);
    logger.set_formatter(std::move(formatter));
    logger.set_level(spdlog::level::trace);  // the level that counts is Log::level
    // Each line reaches the kernel at once: the last ones before a crash are those that matter.
    logger.flush_on(spdlog::level::trace);
  }
};

struct Log {
  std::atomic<Level> level{Level::info};
  std::mutex mutex;  // over `output` only; a line is written outside of it
  std::shared_ptr<Output> output =
      std::make_shared<Output>(Format::text, std::make_shared<spdlog::sinks::stderr_sink_mt>());

  std::shared_ptr<Output> current() {
    const std::lock_guard lock(mutex);
    return output;
  }
};

// Never destroyed: threads that outlive main() may still have something to say.
Log& the_log() {
  static Log& instance = *new Log;
  return instance;
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = encoding::character_bytes(text.substr(i));
    const char c = text[i];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(i, length));
    }
    i += length == 0 ? 1 : length;
  }
  out.push_back('"');
}

bool is_plain_word(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

struct AppendValue {
  std::string& out;
  Format format;

  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(std::uint64_t value) const { out += std::to_string(value); }
  void operator()(const std::string& text) const {
    if (format == Format::text && is_plain_word(text)) {
      out += text;
    } else {
      append_quoted(out, text);
    }
  }
};

std::string render(Format format, std::string_view event, Fields fields) {
  std::string line;
  line.reserve(256);
  if (format == Format::json) line += "\"event\":";
  AppendValue{line, format}(std::string(event));
  for (const Field& field : fields) {
    if (format == Format::json) {
      line.push_back(',');
      append_quoted(line, field.name);
      line.push_back(':');
    } else {
      line.append(" ").append(field.name).append("=");
    }
    std::visit(AppendValue{line, format}, field.value.get());
  }
  return line;
}

void write(Level level, std::string_view event, Fields fields) {
  Log& log = the_log();
  if (level < log.level.load(std::memory_order_relaxed)) return;
  const auto output = log.current();
  output->logger.log(spdlog_level(level),
                     spdlog::string_view_t(render(output->format, event, fields)));
}

}  // namespace

std::optional<Level> parse_level(std::string_view word) {
  if (word == "debug") return Level::debug;
  if (word == "info") return Level::info;
  if (word == "warn") return Level::warn;
  if (word == "error") return Level::error;
  return std::nullopt;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "info";
}

std::optional<Format> parse_format(std::string_view word) {
  if (word == "text") return Format::text;
  if (word == "json") return Format::json;
  return std::nullopt;
}

std::expected<void, std::string> start(const Options& options) {
  std::shared_ptr<Output> output;
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    output = std::make_shared<Output>(options.format, std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(fmt::format("cannot log to {}: {}", options.file, error.what()));
  }
  Log& log = the_log();
  {
    const std::lock_guard lock(log.mutex);
    log.output.swap(output);
  }
  set_level(options.level);
  return {};
}

void set_level(Level level) {
  the_log().level.store(level, std::memory_order_relaxed);
}
Level level() {
  return the_log().level.load(std::memory_order_relaxed);
}

void debug(std::string_view event, Fields fields) {
  write(Level::debug, event, fields);
}
void info(std::string_view event, Fields fields) {
  write(Level::info, event, fields);
}
void warn(std::string_view event, Fields fields) {
  write(Level::warn, event, fields);
}
void error(std::string_view event, Fields fields) {
  write(Level::error, event, fields);
}

}  // namespace kassa::ops::log
