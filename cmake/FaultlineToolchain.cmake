# Compiler settings that hold for every target. Warnings are an INTERFACE target so that Debian's headers stay out.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

option(FAULTLINE_WERROR "Warnings are errors" OFF)
set(FAULTLINE_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined or thread")

add_library(faultline_warnings INTERFACE)
target_compile_options(faultline_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  # g++ 12 sees uninitialised members in every std::variant and std::optional that it inlines.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<BOOL:${FAULTLINE_WERROR}>:-Werror>)

if(FAULTLINE_SANITIZE)
  add_compile_options(-fsanitize=${FAULTLINE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FAULTLINE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # clang 14's function check does not understand std::function across shared libraries.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

# What the fuzzer steers by must be in the libraries too, not only in its targets.
if(FAULTLINE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# ccache and mold save minutes on two cores; neither is needed.
find_program(FAULTLINE_CCACHE ccache)
if(FAULTLINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FAULTLINE_CCACHE})
endif()
find_program(FAULTLINE_MOLD mold)
if(FAULTLINE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_feature_info(ccache FAULTLINE_CCACHE "compiler cache")
add_feature_info(mold FAULTLINE_MOLD "fast linker")
