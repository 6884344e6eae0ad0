// The program's version, from CMake's project().
#pragma once

namespace faultline::app {

#ifndef FAULTLINE_VERSION
#define FAULTLINE_VERSION "unversioned"
#endif
inline constexpr const char* kVersion = FAULTLINE_VERSION;

}  // namespace faultline::app
