# Build options and the warning set shared by every target.
option(GT_TESTS "build the tests" ON)
option(GT_BENCH "build the benchmark programs" OFF)
option(GT_WERROR "treat warnings as errors" ON)
set(GT_SANITIZE "" CACHE STRING "sanitizers, e.g. address,undefined or thread")
option(GT_FUZZ "build libFuzzer targets (clang only)" OFF)
option(GT_COVERAGE "instrument for coverage" OFF)

add_library(gt_options INTERFACE)
target_compile_definitions(gt_options INTERFACE _GNU_SOURCE GT_VERSION="${PROJECT_VERSION}")
# -ffp-contract=off: a fused multiply-add would make results depend on the compiler, and
# "the same bits everywhere" is a promise of the project.
target_compile_options(gt_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
  -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -fno-strict-aliasing -ffp-contract=off)
if(GT_WERROR)
  target_compile_options(gt_options INTERFACE -Werror)
endif()
if(GT_SANITIZE)
  target_compile_options(gt_options INTERFACE -fsanitize=${GT_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(gt_options INTERFACE -fsanitize=${GT_SANITIZE})
endif()
if(GT_FUZZ)
  target_compile_options(gt_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(GT_COVERAGE)
  target_compile_options(gt_options INTERFACE --coverage)
  target_link_options(gt_options INTERFACE --coverage)
endif()
