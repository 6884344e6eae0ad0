// The numbers of rules/detect. Where each comes from is said in rules/defaults/detect.yaml.
#pragma once

namespace faultline {

struct DetectRules {};

}  // namespace faultline
