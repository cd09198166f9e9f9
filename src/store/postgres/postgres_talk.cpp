#include "store/postgres/postgres_talk.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kassa::store::postgres {
namespace {

constexpr std::size_t kNameBytes = 32;

int make_event() {
  const int event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return event;
}

}  // namespace

PostgresTalk::PostgresTalk(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      wake_(make_event()),
      name_query_("name a talker", "SELECT encode(uuid_send(gen_random_uuid()), 'hex')"),
      notify_("tell the others", "SELECT 1 FROM pg_notify('kassa', $1)") {}

PostgresTalk::~PostgresTalk() {
  ::close(wake_);
}

std::vector<std::string> PostgresTalk::exchange(const std::vector<std::string>& words,
                                                Clock::time_point until) {
  connection_->open();
  if (name_.empty()) name_ = connection_->run(name_query_, {}).bytes(0, 0);
  for (const auto& word : words) {
    Parameters parameters;
    parameters.put_text(name_ + word);
    connection_->send(notify_, parameters);
  }
  if (!words.empty()) (void)connection_->finish();
  auto heard = connection_->notified(until, wake_);
  std::uint64_t woken = 0;
  (void)!::read(wake_, &woken, sizeof woken);
  std::erase_if(heard, [this](const std::string& word) {
    return word.size() < kNameBytes || word.starts_with(name_);
  });
  for (auto& word : heard) word.erase(0, kNameBytes);
  return heard;
}

void PostgresTalk::wake() noexcept {
  const std::uint64_t once = 1;
  (void)!::write(wake_, &once, sizeof once);
}

}  // namespace kassa::store::postgres
