#include "api/page/texts.hpp"

#include <toml++/toml.h>

#include <stdexcept>
#include <vector>

namespace kassa::api {

// Made from data/texts by CMake.
std::string_view texts_ru();
std::string_view texts_kk();
std::string_view texts_tg();
std::string_view texts_uz();
std::string_view texts_ky();
std::string_view texts_az();
std::string_view texts_en();

namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void broken(std::string_view language, const std::string& what) {
  throw std::runtime_error("texts of " + std::string(language) + ": " + what);
}

std::string text_of(const toml::node& node) {
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  return node.value_or(std::string());
}

/// "pay.title" → its text.
Entries entries_of(std::string_view language, std::string_view source) {
  Entries entries;
  const toml::table root = toml::parse(source);
  for (const auto& [section, node] : root) {
    if (!node.is_table()) broken(language, std::string(section.str()) + " stands in no section");
    for (const auto& [name, value] : *node.as_table()) {
      entries[std::string(section.str()) + "." + std::string(name.str())] = text_of(value);
    }
  }
  return entries;
}

std::string take(Entries& entries, std::string_view language, const std::string& key) {
  const auto found = entries.find(key);
  if (found == entries.end() || found->second.empty()) broken(language, key + " is missing");
  std::string text = std::move(found->second);
  entries.erase(found);
  return text;
}

/// one, few, other; a language without `few` has no such form.
std::array<std::string, 3> take_forms(Entries& entries, std::string_view language, bool slavic,
                                      const std::string& section) {
  return {take(entries, language, section + ".one"),
          slavic ? take(entries, language, section + ".few") : std::string(),
          take(entries, language, section + ".other")};
}

std::vector<Texts> read_all() {
  std::vector<Texts> all;
  all.push_back(read_texts("ru", texts_ru()));
  all.push_back(read_texts("kk", texts_kk()));
  all.push_back(read_texts("tg", texts_tg()));
  all.push_back(read_texts("uz", texts_uz()));
  all.push_back(read_texts("ky", texts_ky()));
  all.push_back(read_texts("az", texts_az()));
  all.push_back(read_texts("en", texts_en()));
  return all;
}

const Texts* find(std::string_view language) {
  for (const Texts& texts : Texts::all()) {
    if (texts.language() == language) return &texts;
  }
  return nullptr;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

Texts read_texts(std::string_view language, std::string_view toml) {
  Entries entries = entries_of(language, toml);
  Texts texts;
  texts.language_ = language;
  for (std::size_t i = 0; i < kTextKeys.size(); ++i) {
    texts.texts_[i] = take(entries, language, std::string(kTextKeys[i]));
  }
  texts.decimal_ = take(entries, language, "format.decimal");
  texts.group_ = take(entries, language, "format.group");
  texts.sign_first_ = take(entries, language, "format.sign_first") == "true";
  const std::string plural = take(entries, language, "format.plural");
  if (plural != "one" && plural != "slavic") broken(language, "format.plural: one or slavic");
  texts.slavic_ = plural == "slavic";
  texts.seconds_ = take_forms(entries, language, texts.slavic_, "seconds");
  texts.minutes_ = take_forms(entries, language, texts.slavic_, "minutes");
  for (const auto& [key, sign] : entries) {
    if (!key.starts_with("sign.")) broken(language, key + " is used nowhere");
    texts.signs_[key.substr(5)] = sign;
  }
  return texts;
}

std::span<const Texts> Texts::all() {
  static const std::vector<Texts> all = read_all();
  return all;
}

const Texts& Texts::of(std::string_view language) {
  const Texts* texts = find(language);
  if (texts == nullptr) texts = find("en");
  if (texts == nullptr) throw std::logic_error("there are no texts in English");
  return *texts;
}

bool Texts::has(std::string_view language) {
  return find(language) != nullptr;
}

std::string Texts::money(std::int64_t minor, std::int32_t digits, std::string_view currency) const {
  std::string number = std::to_string(minor);
  const auto places = static_cast<std::size_t>(digits);
  if (number.size() <= places) number.insert(0, places + 1 - number.size(), '0');
  std::string whole = number.substr(0, number.size() - places);
  const std::string fraction = number.substr(number.size() - places);
  for (std::size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, group_);
  const std::string written = places == 0 ? whole : whole + decimal_ + fraction;
  const auto found = signs_.find(currency);
  const std::string sign = found == signs_.end() ? std::string(currency) : found->second;
  if (!sign_first_) return written + "\u00a0" + sign;
  return is_letter(sign.back()) ? sign + "\u00a0" + written : sign + written;
}

Plural Texts::plural(std::int64_t n) const {
  if (!slavic_) return n == 1 ? Plural::one : Plural::other;
  const std::int64_t tens = n % 100;
  const std::int64_t ones = n % 10;
  if (tens >= 11 && tens <= 14) return Plural::other;
  if (ones == 1) return Plural::one;
  return ones >= 2 && ones <= 4 ? Plural::few : Plural::other;
}

std::string Texts::seconds(std::int64_t n) const {
  return filled(seconds_form(plural(n)), {{"n", std::to_string(n)}});
}

std::string Texts::minutes(std::int64_t n) const {
  return filled(minutes_form(plural(n)), {{"n", std::to_string(n)}});
}

std::string_view Texts::seconds_form(Plural plural) const {
  return seconds_[static_cast<std::size_t>(plural)];
}

std::string_view Texts::minutes_form(Plural plural) const {
  return minutes_[static_cast<std::size_t>(plural)];
}

std::string filled(std::string_view text,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string out(text);
  for (const auto& [name, value] : values) {
    const std::string mark = "{" + std::string(name) + "}";
    if (const auto at = out.find(mark); at != std::string::npos)
      out.replace(at, mark.size(), value);
  }
  return out;
}

}  // namespace kassa::api
