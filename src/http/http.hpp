// What the rest of Kassa sees of HTTP: a request, a response, and a handler between them.
//
// No file outside src/http includes Asio or Beast; this header costs a compiler nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kassa::http {

/// One complete request. Views point into the connection's buffers and live until its answer has
/// been sent; a handler that answers later and from another thread may keep using them until then.
struct Request {
  std::string_view method;        // as sent: "POST"
  std::string_view target;        // path and query, as sent
  std::string_view path;          // target up to '?'
  std::string_view query;         // after '?', may be empty
  std::string_view body;          // complete, at most the router's limit for this path
  std::string_view content_type;  // raw header value, empty if absent
  std::string remote_address;     // peer's IP text; empty on a unix socket
  std::string id;                 // names the request in logs: its x-request-id, or one of ours
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // names lower-cased

  /// The first header of that (lower-case) name, or an empty view with a null data().
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
  /// How many headers of that name the request has (a signed header sent twice is refused).
  [[nodiscard]] std::size_t header_count(std::string_view lower_case_name) const;
};

class EventStream;  // event_stream.hpp

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // must be a literal
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // further ones, names as to be sent
  std::string subject = {};  // what it is about, for the log and not sent: a payment's id
  /// In place of a body: the answer stays open and tells what is published, until its reader goes.
  std::shared_ptr<EventStream> stream{};
};

/// Answers one request, once, from any thread. Dropping it unanswered answers 500: no client is
/// ever left hanging by a lost handler. Once it has answered, the views of its Request are dead.
class Responder {
 public:
  struct Sink {
    virtual ~Sink() = default;
    virtual void send(Response&& response) = 0;  // thread-safe
    /// The Responder went away unanswered; the server makes it a 500 by its ErrorPage.
    virtual void drop() { send(Response{.status = 500, .body = {}, .headers = {}}); }
  };

  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  /// Adds a header to whatever the answer will be.
  void also(std::pair<std::string, std::string> header) { also_.push_back(std::move(header)); }
  /// At most once. If the connection has died meanwhile, nothing happens.
  void send(Response&& response);

 private:
  void drop() noexcept;

  std::shared_ptr<Sink> sink_;
  std::vector<std::pair<std::string, std::string>> also_;
};

/// Thrown by a handler that can't answer now, as what it needs is away: answered 503.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Called on an I/O thread: it must not block. It may answer at once or later. What it throws is
/// swallowed: its Responder, dropped on the way out, answers 500 (503 for Unavailable).
using Handler = std::function<void(const Request&, Responder)>;

/// Makes the body of an error that the server itself answers (400, 404, 405, 408, 413, 414, 415,
/// 431, 500, 503), so that every error has one shape (wire §10). `path` lets an HTML path answer
/// HTML; it is empty if the head was not understood. Called on I/O threads, several at once.
using ErrorPage = std::function<Response(int status, std::string_view path)>;

/// Asked about every request as soon as its head is there, before 404, 405, 413 and 415 (wire
/// §10.1). A response refuses it; the request has no body yet. Called on I/O threads, several at
/// once; it must not block.
using Gate = std::function<std::optional<Response>(const Request&)>;

/// Told when the server itself refuses a request that the gate let pass, with the status (404, 405,
/// 408, 413, 415, 503 …). Called on I/O threads, several at once; it must not block.
using OnRefused = std::function<void(const Request&, int status)>;

/// How many large bodies may be in memory at once, of the routes that share it; one at a time of a
/// path, so that whoever may use one path can't take them all.
class BodySlots : public std::enable_shared_from_this<BodySlots> {
 public:
  explicit BodySlots(std::size_t count) : count_(count) {}
  /// Free again when it is destroyed; null when all are taken, or the path has one. Any thread.
  [[nodiscard]] std::shared_ptr<void> take(std::string_view path);

 private:
  const std::size_t count_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> taken_;  // paths
};

/// What a path accepts. Paths match exactly; one that has "/*/" within matches any one segment
/// there; one that ends in "/*" matches by prefix, the longest prefix first, after all others. The
/// most specific path decides: if it lacks the method the answer is 405, even if a shorter prefix
/// has it. HEAD is served by GET unless it has its own.
struct Route {
  std::string path;
  std::string method = "POST";
  std::size_t body_bytes_max = 64 * 1024;
  /// The content type must be application/json (optionally charset=utf-8), else 415. Asked of POST,
  /// PUT, PATCH and of whatever else brings a body.
  bool json_only = true;
  std::string endpoint = {};  // what metrics and the log call it; empty: its path
  /// Looks at a request whose body has not been read (`body` is empty). What it answers is sent
  /// instead, and the body never read: so that only who may send a large one can. May be empty.
  std::function<std::optional<Response>(const Request&)> before_body{};
  /// One is held from before the body is read until the answer has been sent; when none is free the
  /// answer is 503. Null: no bound but the connections'.
  std::shared_ptr<BodySlots> body_slots{};
  /// Above 0, for large bodies from slow lines: what has come buys time at this rate. A body of N
  /// bytes then has the server's `body_timeout` and N / this many seconds, and may pause for
  /// `body_timeout`. 0: the whole body within `body_timeout`.
  std::size_t body_bytes_per_s_min = 0;
  /// Makes the server's own errors of this route (400, 408, 413, 415, 500, 503) in place of the
  /// router's ErrorPage. The request has no body, except of 500 and a 503 of the handler's; it must
  /// not throw. May be empty.
  std::function<Response(int status, const Request&)> error_page{};
  Handler handler;
};

class Router {
 public:
  explicit Router(ErrorPage error_page);

  /// Throws std::logic_error if that path and method are taken or the path does not start with '/'.
  /// Not while a server uses the router.
  void add(Route route);
  /// The same for what is only read: GET, without a body.
  void get(std::string path, Handler handler);
  /// Not while a server uses the router.
  void set_gate(Gate gate) { gate_ = std::move(gate); }

  /// Not while a server uses the router.
  void set_on_refused(OnRefused on_refused) { on_refused_ = std::move(on_refused); }

  struct Match {
    const Route* route = nullptr;  // null: `status` says why (404, 405)
    int status = 404;
    std::string allow;  // for 405: the methods that the path has
  };
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
  [[nodiscard]] const ErrorPage& error_page() const { return error_page_; }
  /// What refuses the request before anything else about it is looked at, if something does.
  [[nodiscard]] std::optional<Response> ask_gate(const Request& request) const;
  void tell_refused(const Request& request, int status) const;

 private:
  std::vector<Route> exact_;    // sorted by path, then method
  std::vector<Route> segment_;  // with a "/*/" within, longest first
  std::vector<Route> prefix_;   // longest first
  ErrorPage error_page_;
  Gate gate_;             // empty: everything may pass
  OnRefused on_refused_;  // may be empty
};

}  // namespace kassa::http
