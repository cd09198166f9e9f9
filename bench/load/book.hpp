// What is to be sent and what became of it: one record a payment, shared by the client, which
// writes it while a run goes on, and by the verification, which reads it afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "load/orders.hpp"

namespace kassa::bench {

enum class Call : std::uint8_t { create, follow_up };

enum class Fate : std::uint8_t {
  unsent,
  in_flight,
  unanswered,  // the connection died: it may or may not have happened
  ok,          // answered 200
  refused,     // answered anything else
};

struct Record {
  Fate create = Fate::unsent;
  Fate follow_up = Fate::unsent;
  bool payer_told = false;            // its requisites are known: the payer acts, once
  std::array<char, 36> request_id{};  // of the first 200

  [[nodiscard]] std::string_view id() const { return {request_id.data(), request_id.size()}; }
};

struct Book {
  std::vector<Order> orders;
  std::vector<Record> records;          // as many as orders
  std::size_t next_create = 0;          // all below have been sent once
  std::deque<std::size_t> to_repeat;    // creates to send again
  std::deque<std::size_t> to_follow;    // payments whose payer acts now
  std::uint64_t changed_ids = 0;        // a repeated create answered another request_id: doubled
  std::vector<std::string> complaints;  // the first few unexpected answers

  void add(std::vector<Order>&& more) {
    for (Order& order : more) orders.push_back(std::move(order));
    records.resize(orders.size());
  }
};

}  // namespace kassa::bench
