# A room is a folder of src/: one static library `kassa_<room>`, which may include only the rooms
# that it names here. tests/tidy checks the same arrows in the sources.
function(kassa_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(kassa_${name} STATIC ${sources})
  target_include_directories(kassa_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(used ${ROOM_USES})
    target_link_libraries(kassa_${name} PUBLIC kassa_${used})
  endforeach()
  target_link_libraries(kassa_${name} PUBLIC ${ROOM_LIBRARIES} Threads::Threads)
endfunction()

# The tests of one room: every .cpp of tests/unit/<room> and tests/property/<room>.
function(kassa_room_tests name)
  cmake_parse_arguments(TESTS "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp
       ${CMAKE_SOURCE_DIR}/tests/property/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${sources})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_tests PRIVATE KASSA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  foreach(used ${TESTS_USES})
    target_link_libraries(${name}_tests PRIVATE kassa_${used})
  endforeach()
  target_link_libraries(${name}_tests PRIVATE ${TESTS_LIBRARIES} ${RAPIDCHECK} GTest::gmock GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name}_tests)
endfunction()

# Compiles a text file in as `std::string_view <function>()` of namespace kassa::<room>.
function(kassa_embed room function file)
  set(target ${CMAKE_BINARY_DIR}/generated/${room}_${function}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${target} CONTENT [=[
#include <string_view>
namespace kassa::@room@ {
std::string_view @function@();
std::string_view @function@() {
  return R"kassa_text(@text@)kassa_text";
}
}  // namespace kassa::@room@
]=] @ONLY)
  target_sources(kassa_${room} PRIVATE ${target})
endfunction()

# Compiles every file below `folder` in as `std::span<const http::StaticFile> <function>()` of
# namespace kassa::<room>, by its path there. A folder that is missing has no files. Asked for again
# at every build: the folder is made by another one.
function(kassa_embed_folder room function folder)
  file(GLOB_RECURSE paths CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*)
  set(blobs "")
  set(names "")
  set(rows "")
  set(files "")
  set(number 0)
  foreach(path IN LISTS paths)
    set(label kassa_${room}_${function}_${number})
    # The assembler reads the file: a compiler takes seconds for what it reads in none.
    string(APPEND blobs "asm(R\"(.pushsection .rodata\n${label}_begin: .incbin \"${folder}/${path}\"\n"
                        "${label}_end: .byte 0\n.popsection)\");\n")
    string(APPEND names "__attribute__((visibility(\"hidden\"))) extern const char ${label}_begin[];\n__attribute__((visibility(\"hidden\"))) extern const char ${label}_end[];\n")
    string(APPEND rows "      {\"${path}\", between(${label}_begin, ${label}_end)},\n")
    list(APPEND files ${folder}/${path})
    math(EXPR number "${number} + 1")
  endforeach()
  set(target ${CMAKE_BINARY_DIR}/generated/${room}_${function}.cpp)
  file(CONFIGURE OUTPUT ${target} CONTENT [=[
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "http/static_files.hpp"

@blobs@
extern "C" {
@names@}

namespace kassa::@room@ {
namespace {
[[maybe_unused]] std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}
}  // namespace
std::span<const http::StaticFile> @function@();
std::span<const http::StaticFile> @function@() {
  static const std::vector<http::StaticFile> files = {
@rows@  };
  return files;
}
}  // namespace kassa::@room@
]=] @ONLY)
  set_property(SOURCE ${target} PROPERTY OBJECT_DEPENDS "${files}")
  target_sources(kassa_${room} PRIVATE ${target})
endfunction()
