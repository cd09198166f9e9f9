#include "unit/domain/story_stage.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;
using Verdict = DecideSettlement::Verdict;

template <class AnyId>
const AnyId* find(const StoryStage::Named<AnyId>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &std::pair<std::string, AnyId>::first);
  return found == all.end() ? nullptr : &found->second;
}

template <class AnyId>
AnyId get(const StoryStage::Named<AnyId>& all, const std::string& name, const std::string& kind) {
  const AnyId* found = find(all, name);
  if (found == nullptr) throw NotUnderstood("there is no " + kind + " \"" + name + "\"");
  return *found;
}

std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::int64_t number_of(const std::string& text) {
  if (const auto value = whole(text)) return *value;
  throw NotUnderstood("\"" + text + "\" is no whole number");
}

/// A hash in tests is the text itself, as far as it fits: other content, other hash.
ContentHash content_of(const std::string& text) {
  ContentHash content{1, {}};
  for (std::size_t i = 0; i < text.size(); ++i) {
    content.hash[i % content.hash.size()] ^= static_cast<std::uint8_t>(text[i]);
  }
  return content;
}

}  // namespace

// ---- words -------------------------------------------------------------------------------------

Words::Words(const std::string& text) {
  std::istringstream in(text);
  for (std::string word; in >> word;) words_.push_back(std::move(word));
}

bool Words::take(const std::string& word) {
  if (done() || words_[next_] != word) return false;
  ++next_;
  return true;
}

std::string Words::word(const std::string& what) {
  if (done()) throw NotUnderstood("here " + what + " is missing");
  return words_[next_++];
}

std::int64_t Words::number(const std::string& what) {
  return number_of(word(what));
}

std::optional<std::pair<std::string, std::string>> Words::setting() {
  if (done()) return std::nullopt;
  const std::string& word = words_[next_];
  const auto sign = word.find('=');
  if (sign == std::string::npos) return std::nullopt;
  ++next_;
  return std::pair{word.substr(0, sign), word.substr(sign + 1)};
}

void Words::end() const {
  if (!done()) throw NotUnderstood("what does \"" + words_[next_] + "\" mean here?");
}

Duration duration_of(const std::string& text) {
  static const std::map<std::string, Duration> kUnits{
      {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}};
  Duration sum{0};
  std::size_t at = 0;
  do {
    const auto unit_at = text.find_first_not_of("0123456789", at);
    const auto next = std::min(text.find_first_of("0123456789", unit_at), text.size());
    const auto number =
        unit_at == std::string::npos ? std::nullopt : whole(text.substr(at, unit_at - at));
    const auto unit = number ? kUnits.find(text.substr(unit_at, next - unit_at)) : kUnits.end();
    if (unit == kUnits.end()) throw NotUnderstood("\"" + text + "\" is no length of time");
    sum += *number * unit->second;
    at = next;
  } while (at < text.size());
  return sum;
}

// ---- names -------------------------------------------------------------------------------------

std::string StoryStage::name_of(TraderId trader) const {
  for (const auto& [name, id] : traders_) {
    if (id == trader) return name;
  }
  return "trader";  // a simulated one
}

Actor StoryStage::actor_of(const std::string& who) const {
  if (who == "merchant") return {ActorKind::merchant, {}};
  if (who == "payer") return {ActorKind::payer, {}};
  if (find(traders_, who) != nullptr) return {ActorKind::trader, who};
  return {ActorKind::operator_, who};
}

RequestId StoryStage::payment(Words& words) const {
  return get(payments_, words.word("a payment's name"), "payment");
}

TraderId StoryStage::trader(const std::string& name) const {
  return get(traders_, name, "trader");
}

void StoryStage::name_new_notices() {
  std::vector<std::pair<Instant, NoticeId>> fresh;
  for (const auto& [id, notice] : world_.rows.notices) {
    const bool known = std::ranges::any_of(notices_, [&](const auto& n) { return n.second == id; });
    if (!known) fresh.emplace_back(notice.recorded_at, id);
  }
  std::ranges::sort(fresh);
  for (const auto& [at, id] : fresh) {
    notices_.emplace_back("n" + std::to_string(++unnamed_notices_), id);
  }
}

// ---- time and set-up ---------------------------------------------------------------------------

void StoryStage::pass_time(const std::string& when) {
  if (when.empty()) return;
  Words words(when);
  const std::string by = words.word("a time");
  if (!by.starts_with('+')) throw NotUnderstood("time goes on by `+600s`, `+1d` and the like");
  const Duration duration = duration_of(by.substr(1));
  const bool asleep = words.take("asleep");
  words.end();
  if (asleep) {
    world_.let_pass(duration);
  } else {
    world_.wait(duration);
  }
}

void StoryStage::add_card(Words& words) {
  const std::string name = words.word("a card's name");
  const TraderId owner = words.take("of") ? trader(words.word("a trader")) : world_.trader_id;
  const RequisitesId id = world_.add_requisites([&](Requisites& card) {
    card.trader_id = owner;
    const std::map<std::string, std::int64_t*> limits{{"day_count", &card.day_count_max},
                                                      {"day_sum", &card.day_sum_max},
                                                      {"min", &card.amount_min},
                                                      {"max", &card.amount_max},
                                                      {"cool_down", &card.cool_down_s}};
    while (const auto limit = words.setting()) {
      if (limit->first == "bank") {
        card.bank_symbol = limit->second;
        continue;
      }
      const auto found = limits.find(limit->first);
      if (found == limits.end()) throw NotUnderstood("a card has no limit " + limit->first);
      *found->second = number_of(limit->second);
    }
  });
  cards_.emplace_back(name, id);
}

void StoryStage::add_trader(Words& words) {
  const std::string name = words.word("a trader's name");
  if (find(traders_, name) == nullptr) {
    traders_.emplace_back(name, id_of<TraderId>(0xD000'0000 + world_.next_number++));
  }
  while (const auto setting = words.setting()) {
    world_.set({"trader", trader(name).text(), setting->first}, setting->second);
  }
}

void StoryStage::set_settings(Words& words) {
  while (const auto setting = words.setting()) shop_.set(setting->first, setting->second);
}

bool StoryStage::set_up(Words& words) {
  if (words.take("card")) {
    add_card(words);
  } else if (words.take("trader")) {
    add_trader(words);
  } else if (words.take("set")) {
    set_settings(words);
  } else if (words.take("deposit")) {
    shop_.deposit(words.number("an amount"));
  } else if (words.take("operator")) {
    world_.set({"operator", words.word("an operator's name"), "state"}, "on");
  } else if (words.take("test-project")) {
    shop_ = world_.test();
  } else {
    return false;
  }
  words.end();
  return true;
}

// ---- commands ----------------------------------------------------------------------------------

StoryCommand StoryStage::understand(const std::string& who, const std::string& does) {
  Words words(does);
  if (words.done() || set_up(words)) return {};
  const Actor actor = actor_of(who);
  StoryCommand made;
  const auto of_payment = [&](auto make) {
    const RequestId id = payment(words);
    made = {make(id), id};
  };
  if (words.take("create")) {
    made = create(words);
  } else if (words.take("choose")) {
    made = choose(words, actor);
  } else if (words.take("confirm")) {
    of_payment([&](RequestId id) { return ConfirmPayin{id, actor}; });
  } else if (words.take("cancel")) {
    of_payment([&](RequestId id) { return CancelPayin{id, actor}; });
  } else if (words.take("fire")) {
    of_payment([](RequestId id) { return FireTimer{id, std::nullopt}; });
  } else if (words.take("freeze")) {
    of_payment([](RequestId id) { return FreezePayment{id, "a breach"}; });
  } else if (words.take("resume")) {
    of_payment([&](RequestId id) { return ResumePayment{id, actor}; });
  } else if (words.take("resolve")) {
    made = resolve(words, actor);
  } else if (words.take("money")) {
    made = see(words, actor, NoticeKind::money);
  } else if (words.take("receipt")) {
    made = see(words, actor, NoticeKind::receipt);
  } else if (words.take("assign")) {
    made = about_notice(words, actor, /*assigns=*/true);
  } else if (words.take("read")) {
    made = about_notice(words, actor, /*assigns=*/false);
  } else if (words.take("take")) {
    made = report(words, actor, Say::take);
  } else if (words.take("paid")) {
    made = report(words, actor, Say::paid);
  } else if (words.take("failed")) {
    made = report(words, actor, Say::failed);
  } else if (words.take("wrong")) {
    made = report(words, actor, Say::wrong_requisites);
  } else if (words.take("hand-back")) {
    made = report(words, actor, Say::hand_back);
  } else if (words.take("callback")) {
    made = report_callback(words);
  } else if (words.take("settlement")) {
    made = create_settlement(words, who);
  } else if (words.take("approve")) {
    made = decide_settlement(words, who, Verdict::approve);
  } else if (words.take("reject")) {
    made = decide_settlement(words, who, Verdict::reject);
  } else {
    throw NotUnderstood("there is no command \"" + does + "\"");
  }
  words.end();
  return made;
}

StoryCommand StoryStage::create(Words& words) {
  const bool payout = words.take("payout");
  const bool widget = !payout && words.take("widget");
  if (!payout && !widget && !words.take("payin")) {
    throw NotUnderstood("create a payin, a widget or a payout?");
  }
  Ask ask{.payment_id = words.word("a payment's name")};
  if (widget) ask.kind = PaymentKind::widget;
  const std::int64_t amount = words.number("an amount");
  std::string content = std::to_string(amount) + (payout ? " out" : widget ? " widget" : " in");
  while (const auto option = words.setting()) {
    const auto& [key, value] = *option;
    content += " " + key + "=" + value;
    if (key == "lifetime") {
      ask.lifetime_s = static_cast<std::int32_t>(number_of(value));
    } else if (key == "widget_method" && widget) {
      ask.widget_method = value;
    } else if (key == "extra_param") {
      ask.extra_param = value;
    } else if (key == "currency" && Currency::parse(value)) {
      ask.currency = *Currency::parse(value);
    } else {
      throw NotUnderstood("a create has no " + key + "=" + value);
    }
  }
  CreatePayin payin = shop_.asking(amount, ask);
  payin.content = content_of(content);
  if (find(payments_, ask.payment_id) == nullptr) {
    payments_.emplace_back(ask.payment_id, payin.request_id);
  }
  const RequestId subject = get(payments_, ask.payment_id, "payment");
  if (!payout) return {payin, subject};
  CreatePayout command;
  static_cast<NewPayment&>(command) = payin;
  return {command, subject};
}

/// `choose A payin-p2p-card`, `choose A payin-p2p-card kaspi-kzt`.
StoryCommand StoryStage::choose(Words& words, const Actor& actor) const {
  const RequestId id = payment(words);
  ChooseMethod command{id, words.word("a widget method"), {}, actor};
  if (!words.done()) command.bank_symbol = words.word("a bank");
  return {command, id};
}

StoryCommand StoryStage::resolve(Words& words, const Actor& actor) const {
  static const std::map<std::string, How> kHow{{"received", How::received},
                                               {"nothing", How::nothing},
                                               {"decline", How::decline},
                                               {"retry", How::retry},
                                               {"receipt", How::receipt}};
  const RequestId id = payment(words);
  const std::string how = words.word("how it is resolved");
  const auto found = kHow.find(how);
  if (found == kHow.end()) throw NotUnderstood("nothing is resolved with \"" + how + "\"");
  const std::int64_t amount = found->second == How::received ? words.number("an amount") : 0;
  return {ResolvePayment{id, found->second, amount, actor}, id};
}

/// `money A 60000`, `money on card1 60000 at +10s`, `receipt A`; all may end with `as NAME`.
StoryCommand StoryStage::see(Words& words, const Actor& actor, NoticeKind kind) {
  StoryCommand made;
  AddNotice seen;
  seen.kind = kind;
  seen.currency = kzt;
  seen.actor = actor;
  if (words.take("on")) {
    seen.requisites_id = get(cards_, words.word("a card"), "card");
  } else {
    seen.request_id = payment(words);
    made.subject = seen.request_id;
  }
  if (kind == NoticeKind::money) seen.amount = words.number("an amount");
  if (words.take("at")) {
    const std::string at = words.word("a time");
    if (!at.starts_with('+')) throw NotUnderstood("money is seen `at +10s` of the story");
    seen.seen_at = kNoon + duration_of(at.substr(1));
  }
  const std::string name =
      words.take("as") ? words.word("a name") : "n" + std::to_string(++unnamed_notices_);
  if (find(notices_, name) == nullptr) notices_.emplace_back(name, world_.next_notice());
  seen.id = get(notices_, name, "notice");
  made.command = seen;
  return made;
}

StoryCommand StoryStage::about_notice(Words& words, const Actor& actor, bool assigns) const {
  const NoticeId id = get(notices_, words.word("a notice"), "notice");
  if (assigns) {
    words.take("to");
    const RequestId whose = payment(words);
    return {AssignNotice{id, whose, actor}, whose};
  }
  const auto row = world_.rows.notices.find(id);
  const bool known = row != world_.rows.notices.end() && !row->second.request_id.is_nil();
  return {ReadNotice{id, actor, {}}, known ? Subject{row->second.request_id} : Subject{}};
}

/// `paid P`, `paid P order 1`, `paid P order 1 with 60000`; who takes it is who says so.
StoryCommand StoryStage::report(Words& words, const Actor& actor, Say word) const {
  ReportPayout command;
  command.request_id = payment(words);
  command.word = word;
  command.actor = actor;
  const auto row = world_.rows.payments.find(command.request_id);
  if (row != world_.rows.payments.end()) command.order = row->second.orders;
  if (word == Say::take) command.trader_id = trader(actor.name);
  if (words.take("order")) command.order = static_cast<std::int32_t>(words.number("an order"));
  if (word == Say::paid && words.take("with")) command.amount = words.number("an amount");
  return {command, command.request_id};
}

/// `callback A delivered`, `callback A failed`: one try of the first that waits.
StoryCommand StoryStage::report_callback(Words& words) const {
  DeliveryAttempt attempt;
  attempt.request_id = payment(words);
  const auto row = world_.rows.deliveries.find(attempt.request_id);
  if (row == world_.rows.deliveries.end() || row->second.queue.empty()) {
    throw NotUnderstood("nothing waits to be told");
  }
  attempt.seq = row->second.queue.front().seq;
  attempt.at = world_.now;
  if (words.take("delivered")) {
    attempt.result = AttemptResult::delivered;
    attempt.http_status = 200;
  } else if (!words.take("failed")) {
    throw NotUnderstood("a callback is delivered, or has failed");
  }
  return {ReportDelivery{attempt}, attempt.request_id};
}

/// `settlement S deposit 5000`, `settlement S top_up 5000 of trader`, `settlement S returned 5000
/// of P`.
StoryCommand StoryStage::create_settlement(Words& words, const std::string& who) {
  const std::string name = words.word("a settlement's name");
  const std::string kind_name = words.word("a settlement's kind");
  const auto kind = std::ranges::find_if(
      kSettlementKinds, [&](SettlementKind k) { return kassa::domain::name(k) == kind_name; });
  if (kind == kSettlementKinds.end()) throw NotUnderstood("no settlement is a " + kind_name);
  CreateSettlement command;
  command.id = id_of<SettlementId>(0xE100'0000 + world_.next_number++);
  command.kind = *kind;
  command.amount = words.number("an amount");
  command.currency = kzt;
  command.made_by = who;
  command.key = name;
  command.content = content_of(kind_name + std::to_string(command.amount));
  if (!is_for_trader(*kind)) command.project_id = shop_.id();
  if (is_for_trader(*kind) || *kind == SettlementKind::returned) {
    if (!words.take("of")) throw NotUnderstood("of whom?");
    if (is_for_trader(*kind)) command.trader_id = trader(words.word("a trader"));
    if (*kind == SettlementKind::returned) command.payout = payment(words);
  }
  if (find(settlements_, name) == nullptr) settlements_.emplace_back(name, command.id);
  return {command, get(settlements_, name, "settlement")};
}

StoryCommand StoryStage::decide_settlement(Words& words, const std::string& who,
                                           Verdict verdict) const {
  const SettlementId id = get(settlements_, words.word("a settlement"), "settlement");
  return {DecideSettlement{id, verdict, who, {}}, id};
}

// ---- running -----------------------------------------------------------------------------------

std::vector<Decision> StoryStage::run(const std::vector<Command>& commands) {
  if (commands.empty()) return {};
  auto decisions = world_.batch(commands);
  std::vector<Command> searches;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const auto& decision = decisions[i];
    const auto* answer = decision ? std::get_if<PaymentAnswer>(&*decision) : nullptr;
    const bool begins =
        answer != nullptr && (answer->created || std::holds_alternative<ChooseMethod>(commands[i]));
    if (begins && answer->payment.assign_at) {
      searches.emplace_back(FireTimer{answer->payment.request_id, std::nullopt});
    }
  }
  if (!searches.empty()) world_.batch(searches);
  forget_what_was_not_made();
  return decisions;
}

void StoryStage::forget_what_was_not_made() {
  const auto forget = [](auto& named, const auto& rows) {
    std::erase_if(named, [&](const auto& entry) { return !rows.contains(entry.second); });
  };
  forget(payments_, world_.rows.payments);
  forget(settlements_, world_.rows.settlements);
  forget(notices_, world_.rows.notices);
}

}  // namespace kassa::domain::test
