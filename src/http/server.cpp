#include "http/server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "http/listener.hpp"
#include "http/worker.hpp"

namespace kassa::http {

struct Server::Impl {
  ServerOptions options;
  const Router& public_router;
  const Router* socket_router;
  std::uint16_t port = 0;
  std::atomic<std::uint64_t> connections_open = 0;
  CurrentTls tls;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::unique_ptr<UnixListener> unix_listener;
  std::mutex mutex;
  std::condition_variable worker_finished;
  std::size_t workers_running = 0;

  void listen();
  void run_worker(Worker& worker);
  [[nodiscard]] bool wait_for_workers(std::chrono::milliseconds grace);
};

void Server::Impl::listen() {
  if (options.listen_port != 0) require_free_port(options.listen_host, options.listen_port);
  port = options.listen_port;
  for (int i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(options, connections_open));
    UniqueFd listener = listen_tcp(options.listen_host, port);
    if (port == 0) port = port_of(listener);
    workers.back()->listen(std::move(listener), public_router, options.tls ? &tls : nullptr);
  }
  if (!options.unix_socket_path.empty() && socket_router != nullptr) {
    unix_listener = std::make_unique<UnixListener>(options.unix_socket_path);
    workers.front()->listen(unix_listener->take(), *socket_router, /*tls=*/nullptr);
  }
}

void Server::Impl::run_worker(Worker& worker) {
  worker.run();
  const std::lock_guard lock(mutex);
  --workers_running;
  worker_finished.notify_all();
}

bool Server::Impl::wait_for_workers(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex);
  return worker_finished.wait_for(lock, grace, [this] { return workers_running == 0; });
}

Server::Server(ServerOptions options, const Router& public_router, const Router* socket_router)
    : impl_(new Impl{.options = std::move(options),
                     .public_router = public_router,
                     .socket_router = socket_router,
                     .tls = {},
                     .workers = {},
                     .threads = {},
                     .unix_listener = nullptr,
                     .mutex = {},
                     .worker_finished = {}}) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

void Server::start() {
  if (impl_->options.threads < 1) throw std::runtime_error("an HTTP server needs a thread");
  impl_->tls = impl_->options.tls;
  impl_->listen();
  impl_->workers_running = impl_->workers.size();
  for (const auto& worker : impl_->workers) {
    impl_->threads.emplace_back([impl = impl_.get(), it = worker.get()] { impl->run_worker(*it); });
  }
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::stop(std::chrono::milliseconds grace) {
  if (impl_->threads.empty()) return;
  for (const auto& worker : impl_->workers) worker->drain();
  if (!impl_->wait_for_workers(grace)) {
    for (const auto& worker : impl_->workers) worker->kill();
  }
  for (auto& thread : impl_->threads) thread.join();
  impl_->threads.clear();
  impl_->unix_listener.reset();
}

void Server::change_tls(std::shared_ptr<const TlsIdentity> identity) {
  impl_->tls = std::move(identity);
}

ServerStats Server::stats() const {
  ServerStats stats;
  for (const auto& worker : impl_->workers) worker->add_to(stats);
  stats.connections_open = impl_->connections_open.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace kassa::http
