#include "http/http.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <tuple>

namespace kassa::http {
namespace {

std::string_view prefix_of(const Route& route) {
  return std::string_view(route.path).substr(0, route.path.size() - 1);  // "/pay/*" → "/pay/"
}

/// "/pay/*/receipt" has any one segment in the place of its star.
bool matches_segment(const Route& route, std::string_view path) {
  const std::string_view pattern = route.path;
  const auto star = pattern.find("/*/") + 1;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size()) return false;
  if (!path.starts_with(before) || !path.ends_with(after)) return false;
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  return !path.contains('/');
}

bool less_by_path(const Route& left, const Route& right) {
  return std::tie(left.path, left.method) < std::tie(right.path, right.method);
}

bool less_by_prefix(const Route& left, const Route& right) {
  if (left.path.size() != right.path.size()) return left.path.size() > right.path.size();
  return less_by_path(left, right);
}

using RouteIterator = std::vector<Route>::const_iterator;

/// Behind the routes that have the path of the first.
RouteIterator end_of_path(RouteIterator first, RouteIterator last) {
  return std::find_if(first, last, [&](const Route& route) { return route.path != first->path; });
}

/// Chooses by method among the routes of one path.
Router::Match choose(std::string_view method, RouteIterator first, RouteIterator last) {
  const Route* get = nullptr;
  std::string allow;
  for (; first != last; ++first) {
    if (first->method == method) return {.route = &*first, .status = 200, .allow = {}};
    if (first->method == "GET") get = &*first;
    if (!allow.empty()) allow += ", ";
    allow += first->method == "GET" ? "GET, HEAD" : first->method;
  }
  if (method == "HEAD" && get != nullptr) return {.route = get, .status = 200, .allow = {}};
  return {.route = nullptr, .status = 405, .allow = std::move(allow)};
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::size_t Request::header_count(std::string_view lower_case_name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [&](const auto& header) { return header.first == lower_case_name; }));
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    drop();
    sink_ = std::move(other.sink_);
    also_ = std::move(other.also_);
  }
  return *this;
}

Responder::~Responder() {
  drop();
}

void Responder::send(Response&& response) {
  const auto sink = std::exchange(sink_, nullptr);
  if (!sink) return;
  for (auto& header : also_) response.headers.push_back(std::move(header));
  sink->send(std::move(response));
}

void Responder::drop() noexcept {
  const auto sink = std::exchange(sink_, nullptr);
  if (!sink) return;
  try {
    sink->drop();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): there is nobody to tell
    // Out of memory: the connection's answer timeout tells the client.
  }
}

std::shared_ptr<void> BodySlots::take(std::string_view path) {
  decltype(taken_)::iterator place;
  {
    const std::lock_guard lock(mutex_);
    if (taken_.size() >= count_ || taken_.contains(path)) return nullptr;
    place = taken_.emplace(path).first;
  }
  return {this, [self = shared_from_this(), place](void*) {
            const std::lock_guard lock(self->mutex_);
            self->taken_.erase(place);
          }};
}

Router::Router(ErrorPage error_page) : error_page_(std::move(error_page)) {}

void Router::add(Route route) {
  if (!route.path.starts_with('/')) {
    throw std::logic_error("route '" + route.path + "' does not start with '/'");
  }
  const bool is_prefix = route.path.ends_with("/*");
  const bool has_segment = !is_prefix && route.path.contains("/*/");
  auto& routes = is_prefix ? prefix_ : has_segment ? segment_ : exact_;
  const auto less = is_prefix || has_segment ? less_by_prefix : less_by_path;
  const auto place = std::lower_bound(routes.begin(), routes.end(), route, less);
  if (place != routes.end() && !less(route, *place)) {
    throw std::logic_error("route " + route.method + " " + route.path + " is declared twice");
  }
  routes.insert(place, std::move(route));
}

void Router::get(std::string path, Handler handler) {
  Route route;
  route.path = std::move(path);
  route.method = "GET";
  route.body_bytes_max = 0;
  route.json_only = false;
  route.handler = std::move(handler);
  add(std::move(route));
}

std::optional<Response> Router::ask_gate(const Request& request) const {
  return gate_ ? gate_(request) : std::nullopt;
}

void Router::tell_refused(const Request& request, int status) const {
  if (on_refused_) on_refused_(request, status);
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  const auto exact = std::ranges::equal_range(
      exact_, path, {}, [](const Route& route) -> std::string_view { return route.path; });
  if (!exact.empty()) return choose(method, exact.begin(), exact.end());
  const auto within = std::ranges::find_if(
      segment_, [&](const Route& route) { return matches_segment(route, path); });
  if (within != segment_.end()) return choose(method, within, end_of_path(within, segment_.end()));
  const auto first = std::ranges::find_if(
      prefix_, [&](const Route& route) { return path.starts_with(prefix_of(route)); });
  if (first == prefix_.end()) return {.route = nullptr, .status = 404, .allow = {}};
  return choose(method, first, end_of_path(first, prefix_.end()));
}

}  // namespace kassa::http
