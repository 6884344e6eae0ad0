#include "probes/session/secret_file.h"

#include <fstream>

namespace faultline::session {

Result<std::string> read_secret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string secret;
  if (!file || !std::getline(file, secret)) return fail(path + " cannot be read");
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

}  // namespace faultline::session
