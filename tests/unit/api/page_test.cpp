// The payer's page: every state in every language, rendered from made-up payments. With
// KASSA_PAGES=DIR each is written there as a file, to be looked at and measured in a browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "api/page/page.hpp"
#include "api/page/texts.hpp"

namespace kassa::api {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace state = domain::state;

constexpr std::int64_t kNow = 1'700'000'000;
const std::string kToken = "0123456789abcdef0123456789abcdef01234567";

PageState payment_in(domain::State at) {
  PageState page;
  page.version = 3;
  page.payment_id = "order-2041";
  page.now = domain::instant_of_ms(kNow * 1000);
  page.state = at;
  page.amount = page.old_amount = page.initial_amount = 12'345'678;
  page.currency = "KZT";
  page.created_at_s = kNow - 20;
  page.expires_at_s = kNow + 581;
  page.lifetime_s = 600;
  page.method = "card-p2p";
  page.language = "ru";
  page.brand.name = "Demo & <shop>";
  page.redirect_url = "https://shop.example/order?id=1&x=2";
  page.test = at == state::requisites || at == state::awaiting_confirm;
  page.can_cancel = at == state::requisites || at == state::awaiting_confirm;
  page.can_confirm = at == state::awaiting_confirm;
  page.can_show_receipt = at == state::awaiting_confirm || at == state::paid ||
                          at == state::no_payment || at == state::confirm_timeout ||
                          at == state::different_amount;
  if (at == state::awaiting_confirm) {
    page.recipient = {"card", "4850788018041726", "Erik Ackerman", "kaspi-kzt", "Kaspi Bank", "KZ"};
  }
  return page;
}

PageState to_choose() {
  PageState page = payment_in(state::requisites);
  page.kind = domain::PaymentKind::widget;
  page.method = "";
  const std::vector<PageState::BankOffer> banks = {
      {"alif-bank", "Alif Bank", true},          {"amonatbonk", "Amonatbonk", false},
      {"eskhata-bank", "Bank Eskhata", true},    {"dushanbe-city-bank", "Dushanbe City Bank", true},
      {"imon", "Imon International", false},     {"orienbank", "Orienbank", true},
      {"spitamen-bank", "Spitamen Bank", false},
  };
  page.choice = PageState::Choice{false,
                                  {{"payin-p2p-card", "card-p2p", banks},
                                   {"payin-p2p-phone", "phone-p2p", {banks[0], banks[2]}},
                                   {"payin-qr-sbp", "qr-sbp", {}}}};
  return page;
}

struct Scene {
  std::string name;
  PageState page;
  std::string query;
};

std::vector<Scene> scenes() {
  std::vector<Scene> all;
  const auto add = [&all](std::string name, PageState page, std::string query = "") {
    all.push_back({std::move(name), std::move(page), std::move(query)});
  };
  add("choose-method", to_choose());
  add("choose-bank", to_choose(), "method=payin-p2p-card");
  add("looking", payment_in(state::requisites));
  PageState none = to_choose();
  for (auto& method : none.choice->methods) {
    for (auto& bank : method.banks) bank.available = false;
  }
  none.choice->methods.pop_back();
  add("choose-no-method", none);
  add("choose-no-bank", none, "method=payin-p2p-card");
  PageState chosen = to_choose();
  chosen.choice->made = true;
  chosen.widget_method = "payin-p2p-card";
  add("looking-chosen", chosen);
  add("pay-card", payment_in(state::awaiting_confirm));
  PageState phone = payment_in(state::awaiting_confirm);
  phone.method = "phone-p2p";
  phone.currency = "TJS";
  phone.recipient = {"phone", "+992900123456", "", "alif-bank", "Alif Bank", "TJ"};
  add("pay-phone", phone);
  PageState qr = payment_in(state::awaiting_confirm);
  qr.method = "qr-sbp";
  qr.qr_text =
      "https://qr.bank.example/AS10003P3RH0LJ2A9ROO038L6NT5RU1M?type=02&bank=1&sum=12345678";
  add("pay-qr", qr);
  PageState account = payment_in(state::awaiting_confirm);
  account.method = "account-number";
  account.amount = account.initial_amount = 9'999'999'999'900;
  account.recipient = {"account",   "KZ86125KZT5004100100", "Some Company With A Long Name LLP",
                       "kaspi-kzt", "Kaspi Bank",           "KZ"};
  add("pay-account", account);
  PageState late = payment_in(state::awaiting_confirm);
  late.expires_at_s = kNow + 42;
  add("pay-late", late);
  add("ask-cancel", payment_in(state::awaiting_confirm), "ask=cancel");
  add("ask-cancel-early", payment_in(state::requisites), "ask=cancel");
  add("paid", payment_in(state::paid));
  PageState shown = payment_in(state::paid);
  shown.receipts = 2;
  add("paid-receipts", shown);
  add("no-payment", payment_in(state::no_payment));
  PageState different = payment_in(state::different_amount);
  different.amount = 6'172'839;
  add("different-amount", different);
  add("confirm-timeout", payment_in(state::confirm_timeout));
  add("error", payment_in(state::error));
  add("success", payment_in(state::success));
  PageState less = different;
  less.state = state::success;
  less.can_show_receipt = false;
  less.redirect_url = "";
  add("success-less", less);
  PageState branded = payment_in(state::awaiting_confirm);
  branded.brand.name = "Чайная лавка";
  branded.brand.colours = ColourPair{{0x0b, 0x6e, 0x4f}, {0x7b, 0xe0, 0xb5}};
  branded.brand.support = contact_of("help@shop.example");
  branded.test = false;
  add("pay-branded", branded);
  for (const auto& [name, why] : std::vector<std::pair<std::string, std::string>>{
           {"decline-cancelled", "Canceled by client"},
           {"decline-anti-fraud", "Declined by anti-fraud"},
           {"decline-nobody", "No requisites available"},
           {"decline-fault", "Processing error"},
           {"decline-operator", "Declined by operator"},
           {"decline-other", "Something new"},
           {"expired", "Expired"},
           {"unpaid", "Not paid in time"}}) {
    PageState declined = payment_in(state::decline);
    declined.status_description = why;
    declined.can_show_receipt = name == "expired" || name == "unpaid" || name == "decline-operator";
    add(name, declined);
  }
  return all;
}

http::Response render(const Scene& scene, const std::string& language) {
  const std::string query = "lang=" + language + (scene.query.empty() ? "" : "&" + scene.query);
  http::Request request;
  request.query = query;
  return page_response(scene.page, "/" + kToken, request);
}

void write_for_a_browser(const std::string& name, const std::string& content) {
  const char* folder = std::getenv("KASSA_PAGES");
  if (folder == nullptr) return;
  const auto path = std::filesystem::path(folder) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

/// The text of a page: no tags, no attributes.
std::string text_of(const std::string& html) {
  static const std::regex kTags("<[^>]*>");
  return std::regex_replace(html, kTags, " ");
}

TEST(Page, EveryStateInEveryLanguage) {
  for (const Scene& scene : scenes()) {
    std::set<std::string> titles;
    for (const Texts& texts : Texts::all()) {
      const auto response = render(scene, texts.language());
      SCOPED_TRACE(scene.name + " in " + texts.language());
      EXPECT_EQ(response.status, 200);
      EXPECT_THAT(response.body, HasSubstr("<html lang=\"" + texts.language() + "\">"));
      const std::string text = text_of(response.body);
      EXPECT_THAT(text, Not(testing::ContainsRegex("[{}]"))) << "a place was left unfilled";
      EXPECT_LT(response.body.size(), 12'000U);
      const auto from = response.body.find("<h1");
      titles.insert(response.body.substr(from, response.body.find("</h1>") - from));
      write_for_a_browser(scene.name + "." + texts.language() + ".html", response.body);
    }
    EXPECT_EQ(titles.size(), Texts::all().size()) << scene.name << ": a title was not translated";
    if (!scene.page.brand.colours) continue;
    const std::string style = style_name(*scene.page.brand.colours);
    write_for_a_browser("brand/" + style, style_of(style).value());
  }
}

TEST(Page, WhatAnybodySaidIsTextAndNothingElse) {
  PageState page = payment_in(state::awaiting_confirm);
  const std::string hostile = R"("><script>alert('1')</script>&amp;)";
  page.brand.name = page.redirect_url = page.currency = page.status_description = hostile;
  page.recipient->holder = page.recipient->bank_name = page.recipient->number = hostile;
  for (const auto at : {state::awaiting_confirm, state::success, state::decline}) {
    page.state = at;
    const std::string html = render({"hostile", page, ""}, "en").body;
    EXPECT_THAT(html, Not(HasSubstr("<script>")));
    EXPECT_THAT(html, Not(HasSubstr("alert('1')")));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  }
}

TEST(Page, TheLanguageChosenStaysInEveryLinkAndForm) {
  const std::string html = render({"pay", payment_in(state::awaiting_confirm), ""}, "kk").body;
  EXPECT_THAT(html, HasSubstr("action=\"/" + kToken + "/confirm?lang=kk\""));
  EXPECT_THAT(html, HasSubstr("action=\"/" + kToken + "/cancel?lang=kk\""));
  EXPECT_THAT(html, HasSubstr("?lang=kk&amp;ask=cancel"));
  http::Request request;
  EXPECT_THAT(page_response(payment_in(state::awaiting_confirm), "/" + kToken, request).body,
              HasSubstr("action=\"/" + kToken + "/confirm\""))
      << "nothing was chosen";
}

TEST(Page, AReceiptThatWasNotTakenIsSaidWhy) {
  const PageState page = payment_in(state::paid);
  const auto html = [&page](int status) {
    const auto response = receipt_response(page, "/" + kToken, "en", status);
    EXPECT_EQ(response.status, status);
    return response.body;
  };
  EXPECT_THAT(html(413), HasSubstr("larger than 10 MB"));
  EXPECT_THAT(html(415), HasSubstr("not a PDF, JPEG or PNG"));
  EXPECT_THAT(html(409), HasSubstr("shown for another payment"));
  EXPECT_THAT(html(503), HasSubstr("Please try again"));
  EXPECT_THAT(html(503), HasSubstr("aria-invalid=\"true\""));
  EXPECT_THAT(html(200), Not(HasSubstr("aria-invalid")));
  EXPECT_THAT(html(200), Not(HasSubstr("http-equiv=\"refresh\"")))
      << "a refresh would lose the file that was chosen";
  PageState shown = page;
  shown.receipts = 1;
  EXPECT_THAT(render({"paid", shown, ""}, "en").body, HasSubstr("The receipt has been received."));
}

TEST(Page, SaysWhoToPayOnlyWhileItMayBePaid) {
  for (const Scene& scene : scenes()) {
    const bool pays = scene.name.starts_with("pay-card") || scene.name == "pay-branded" ||
                      scene.name == "pay-late" || scene.name.starts_with("ask");
    const bool shown = render(scene, "en").body.find("4850788018041726") != std::string::npos;
    EXPECT_EQ(shown, pays && !scene.name.starts_with("ask")) << scene.name;
  }
}

TEST(Page, IsKeptFromCachesFramesAndReferrers) {
  const auto response = render(scenes().front(), "en");
  const auto header = [&response](std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return std::string();
  };
  EXPECT_EQ(header("cache-control"), "no-store");
  EXPECT_EQ(header("referrer-policy"), "no-referrer");
  EXPECT_EQ(header("x-content-type-options"), "nosniff");
  const std::string policy = header("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(Page, IsFramedByTheProjectsOriginsAlone) {
  PageState page = payment_in(state::paid);
  page.brand.origins = {"https://shop.example", "https://a.example:8443"};
  http::Request request;
  request.headers = {{"sec-fetch-dest", "iframe"}};
  for (const auto& response : {page_response(page, "/" + kToken, request),
                               receipt_response(page, "/" + kToken, "en", 200)}) {
    EXPECT_THAT(
        response.headers,
        testing::Contains(testing::Pair(
            "content-security-policy",
            testing::EndsWith("; frame-ancestors https://shop.example https://a.example:8443"))));
    EXPECT_THAT(response.body,
                HasSubstr("data-origins=\"https://shop.example https://a.example:8443\""));
  }
  EXPECT_THAT(page_response(page, "/" + kToken, request).body, HasSubstr("<body class=\"framed\""));
  EXPECT_THAT(page_response(page, "/" + kToken, {}).body, Not(HasSubstr("framed")));
}

TEST(Page, SaysWhereHelpIs) {
  PageState page = payment_in(state::decline);
  EXPECT_THAT(render({"", page, ""}, "en").body, Not(HasSubstr("Need help?")));
  EXPECT_THAT(render({"", page, ""}, "en").body, HasSubstr("Payment order-2041</p></footer>"))
      << "what to quote to the shop";
  page.brand.support = contact_of("help@shop.example");
  EXPECT_THAT(
      render({"", page, ""}, "en").body,
      HasSubstr("<footer><p>Need help? <a rel=\"noreferrer\" href=\"mailto:help@shop.example\">"));
}

TEST(Page, NoRefreshLosesAFile) {
  for (const auto at : {state::paid, state::no_payment, state::confirm_timeout}) {
    const std::string html = render({"", payment_in(at), ""}, "en").body;
    EXPECT_THAT(html, HasSubstr("http-equiv=\"refresh\" content=\"15\""));
    EXPECT_THAT(html, HasSubstr("id=\"receipt\" hidden")) << "a script shows it";
    EXPECT_THAT(html,
                HasSubstr("<noscript><a class=\"button second\" href=\"/" + kToken + "/receipt"));
  }
  const std::string form = receipt_response(payment_in(state::paid), "/" + kToken, "en", 200).body;
  EXPECT_THAT(form, Not(HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(form, Not(HasSubstr("id=\"receipt\" hidden")));
}

bool asks_again(const PageState& page, const std::string& query) {
  return render({"", page, query}, "en").body.find("http-equiv=\"refresh\"") != std::string::npos;
}

TEST(Page, WhatTheLinkAsksForEndsWithTheState) {
  EXPECT_FALSE(asks_again(payment_in(state::awaiting_confirm), "ask=cancel"));
  EXPECT_TRUE(asks_again(payment_in(state::paid), "ask=cancel")) << "nothing is asked any more";
  EXPECT_FALSE(asks_again(to_choose(), "method=payin-p2p-card"));
  EXPECT_TRUE(asks_again(payment_in(state::awaiting_confirm), "method=payin-p2p-card"));
}

TEST(Page, OnlyASearchIsAskedForOften) {
  PageState full = payment_in(state::paid);
  full.receipts = 5;
  full.can_show_receipt = false;
  for (const auto& [page, seconds] :
       std::vector<std::pair<PageState, std::string>>{{payment_in(state::requisites), "3"},
                                                      {payment_in(state::awaiting_confirm), "15"},
                                                      {full, "15"},
                                                      {payment_in(state::error), "15"}}) {
    EXPECT_THAT(render({"", page, ""}, "en").body,
                HasSubstr("http-equiv=\"refresh\" content=\"" + seconds + "\""));
  }
}

TEST(Page, AnotherLanguageLeavesTheRestOfTheLink) {
  const std::string bank = render({"", to_choose(), "method=payin-p2p-card"}, "en").body;
  EXPECT_THAT(bank, HasSubstr("href=\"?lang=ru&amp;method=payin-p2p-card\""));
  const std::string ask = render({"", payment_in(state::paid), "ask=cancel"}, "en").body;
  EXPECT_THAT(ask, HasSubstr("href=\"?lang=ru&amp;ask=cancel\""));
}

TEST(Page, WhoStaysIsNotThrownOut) {
  const std::string html = render({"", payment_in(state::success), "stay=1"}, "en").body;
  EXPECT_THAT(html, Not(HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(html, Not(HasSubstr("id=\"soon\"")));
  EXPECT_THAT(html, HasSubstr("id=\"back\""));
  EXPECT_TRUE(asks_again(payment_in(state::success), "")) << "else without script too";
}

TEST(Page, TheQuestionBeforeACancelNamesAButtonThatIsThere) {
  const std::string early = render({"", payment_in(state::requisites), ""}, "en").body;
  EXPECT_THAT(early, Not(HasSubstr("I have paid")));
  EXPECT_THAT(early, HasSubstr("The shop is told that you cancelled."));
  EXPECT_THAT(render({"", payment_in(state::awaiting_confirm), ""}, "en").body,
              HasSubstr("press “I have paid”"));
}

TEST(Page, EveryOutcomeHasAWayOn) {
  for (const auto at : {state::paid, state::no_payment, state::different_amount,
                        state::confirm_timeout, state::error, state::success, state::decline}) {
    PageState page = payment_in(at);
    EXPECT_THAT(render({"", page, ""}, "en").body, HasSubstr("id=\"back\""));
    page.redirect_url = "";
    EXPECT_THAT(render({"", page, ""}, "en").body, Not(HasSubstr("id=\"close\"")));
    page.brand.origins = {"https://shop.example"};
    EXPECT_THAT(render({"", page, ""}, "en").body, HasSubstr("hidden id=\"close\""))
        << "the script closes the frame";
  }
}

TEST(Page, ReceiptsAreTakenWhereverTheStateTakesThem) {
  for (const auto at : {state::awaiting_confirm, state::decline}) {
    PageState page = payment_in(at);
    page.can_show_receipt = true;
    EXPECT_THAT(render({"", page, ""}, "en").body, HasSubstr("href=\"/" + kToken + "/receipt?"));
    page.can_show_receipt = false;
    EXPECT_THAT(render({"", page, ""}, "en").body, Not(HasSubstr("/receipt?")));
  }
}

TEST(Page, NothingIsOfferedThatNobodyCanGive) {
  PageState page = to_choose();
  const std::string some = render({"", page, "method=payin-p2p-card"}, "en").body;
  EXPECT_THAT(some, HasSubstr("name=\"bank\" value=\"\">"));
  EXPECT_THAT(some, Not(HasSubstr("Look again")));
  for (auto& bank : page.choice->methods[0].banks) bank.available = false;
  EXPECT_THAT(
      render({"", page, "method=payin-p2p-card"}, "en").body,
      testing::AllOf(HasSubstr("name=\"bank\" value=\"\" disabled"), HasSubstr("Look again")));
  const std::string methods = render({"", page, ""}, "en").body;
  EXPECT_THAT(methods, Not(HasSubstr("method=payin-p2p-card\"")));
  EXPECT_THAT(methods, HasSubstr("method=payin-p2p-phone\"")) << "the others are there";
  EXPECT_THAT(methods, HasSubstr("aria-disabled"));
}

TEST(Page, ACodeThatIsTooLongForAPictureCanBeCopied) {
  PageState page = payment_in(state::awaiting_confirm);
  page.method = "qr-sbp";
  page.qr_text = "bank100000000111://qr.example/" + std::string(4000, 'x');
  const std::string html = render({"", page, ""}, "en").body;
  EXPECT_THAT(html, Not(HasSubstr("<figure")));
  EXPECT_THAT(html, HasSubstr("data-copy=\"" + page.qr_text + "\""));
  EXPECT_THAT(html, HasSubstr("href=\"" + page.qr_text + "\"")) << "an app's link is a button";
  for (const std::string other : {"javascript:alert(1)", "bank://x", "bankish1://x", "data:,x"}) {
    page.qr_text = other;
    EXPECT_THAT(render({"", page, ""}, "en").body, Not(HasSubstr("href=\"" + other))) << other;
  }
}

TEST(Page, LongNumbersAreGroupedToTheirEnd) {
  PageState page = payment_in(state::awaiting_confirm);
  page.recipient->kind = "account";
  page.recipient->number = "AZ96AZEJ000000001234567890";
  EXPECT_THAT(render({"", page, ""}, "en").body,
              HasSubstr("<span>0000</span><span>1234</span><span>5678</span><span>90</span>"));
}

TEST(Page, HasNothingInline) {
  for (const Scene& scene : scenes()) {
    const std::string html = render(scene, "ru").body;
    static const std::regex kInline("<style|style=|<script>| on[a-z]+=|javascript:");
    EXPECT_FALSE(std::regex_search(html, kInline)) << scene.name;
  }
}

// ---- texts --------------------------------------------------------------------------------------

TEST(Texts, EveryCatalogIsWhole) {
  EXPECT_EQ(Texts::all().size(), 7U);
  EXPECT_EQ(Texts::of("kk").language(), "kk");
  EXPECT_EQ(Texts::of("xx").language(), "en");
}

std::string file_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Texts, AMissingAndAnUnknownKeyAreNamed) {
  const std::string english = file_of(KASSA_SOURCE_DIR "/data/texts/en.toml");
  const auto problem_of = [](const std::string& toml) {
    try {
      (void)read_texts("en", toml);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(problem_of(english), "");
  std::string missing = english;
  missing.replace(missing.find("exact ="), 5, "# was");
  EXPECT_EQ(problem_of(missing), "texts of en: pay.exact is missing");
  std::string unknown = english;
  unknown.insert(unknown.find("exact ="), "exactly = \"a\"\n");
  EXPECT_EQ(problem_of(unknown), "texts of en: pay.exactly is used nowhere");
}

TEST(Texts, EveryKeyIsUsed) {
  std::string sources;
  for (const auto& file : std::filesystem::directory_iterator(KASSA_SOURCE_DIR "/src/api/page")) {
    if (file.path().extension() == ".cpp") sources += file_of(file.path());
  }
  for (const std::string_view key : kTextKeys) {
    EXPECT_THAT(sources, HasSubstr("\"" + std::string(key) + "\""));
  }
}

TEST(Texts, EveryLanguageFillsTheSamePlaces) {
  static const std::regex kPlace("\\{[a-z]+\\}");
  const auto places_of = [](std::string_view text) {
    std::multiset<std::string> places;
    const std::string copy(text);
    for (std::sregex_iterator at(copy.begin(), copy.end(), kPlace), end; at != end; ++at) {
      places.insert(at->str());
    }
    return places;
  };
  const std::string english = file_of(KASSA_SOURCE_DIR "/data/texts/en.toml");
  for (const Texts& texts : Texts::all()) {
    const std::string file = file_of(KASSA_SOURCE_DIR "/data/texts/" + texts.language() + ".toml");
    const auto body = [](const std::string& all) { return all.substr(all.find("[choose]")); };
    EXPECT_EQ(places_of(body(file)), places_of(body(english))) << texts.language();
  }
}

TEST(Texts, MoneyAsEachLanguageWritesIt) {
  EXPECT_EQ(Texts::of("ru").money(500'000, 2, "KZT"), "5\u00a0000,00\u00a0₸");
  EXPECT_EQ(Texts::of("tg").money(150'005, 2, "TJS"), "1\u00a0500,05\u00a0сом.");
  EXPECT_EQ(Texts::of("az").money(123'456'789, 2, "AZN"), "1.234.567,89\u00a0₼");
  EXPECT_EQ(Texts::of("en").money(500'000, 2, "KZT"), "₸5,000.00");
  EXPECT_EQ(Texts::of("en").money(7, 2, "TJS"), "TJS\u00a00.07");
  EXPECT_EQ(Texts::of("uz").money(5'000, 0, "UZS"), "5\u00a0000\u00a0soʻm");
}

TEST(Texts, PluralsOfRussian) {
  const Texts& ru = Texts::of("ru");
  for (const std::int64_t n : {1, 21, 101, 1001}) EXPECT_EQ(ru.plural(n), Plural::one) << n;
  for (const std::int64_t n : {2, 3, 4, 22, 104}) EXPECT_EQ(ru.plural(n), Plural::few) << n;
  for (const std::int64_t n : {0, 5, 11, 12, 14, 20, 111, 1012}) {
    EXPECT_EQ(ru.plural(n), Plural::other) << n;
  }
  EXPECT_EQ(ru.seconds(21), "21 секунду");
  EXPECT_EQ(ru.seconds(3), "3 секунды");
  EXPECT_EQ(ru.minutes(11), "11 минут");
  EXPECT_EQ(Texts::of("en").seconds(1), "1 second");
  EXPECT_EQ(Texts::of("en").seconds(0), "0 seconds");
}

}  // namespace
}  // namespace kassa::api
