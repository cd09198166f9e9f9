// Plays a story (tests/scenarios/README.md) in a world of its own and compares each row with what
// happened: the answer, and everything that changed.
//
//   rows ─▶ [ time goes on ─▶ one batch of commands ─▶ the search for requisites and traders ]
//        ─▶ what is different from before, in the words of the table ─▶ the same as the row?
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "unit/domain/story.hpp"
#include "unit/domain/story_stage.hpp"

namespace kassa::domain::test {

class StoryPlayer {
 public:
  struct Finding {
    int line = 0;
    std::string text;
  };

  explicit StoryPlayer(Story story) : story_(std::move(story)) {}

  /// Reports each finding as a failure at its line of the file.
  void play();
  /// What is wrong with the story; empty: it goes as it says, and the books are in order.
  [[nodiscard]] std::vector<Finding> findings();

 private:
  void play_batch(std::span<const StoryRow> rows, std::vector<Finding>& findings);
  void compare(const StoryRow& row, const Cells& happened, std::vector<Finding>& findings) const;

  Story story_;
  StoryStage stage_;
};

}  // namespace kassa::domain::test
