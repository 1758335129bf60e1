// A folder for one program, where there is no namespace to hold a private /tmp.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_PRIVATE_FOLDER_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_PRIVATE_FOLDER_H_

#include <string>

namespace assay {

// Readable by this user alone. Everything throws when the system refuses.
class PrivateFolder {
 public:
  // Makes a folder of a new name in `parent`.
  explicit PrivateFolder(const std::string& parent);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  // These return the path.
  std::string AddFile(const std::string& name, const std::string& content);
  std::string AddFolder(const std::string& name);

  // Removes all, whatever a program has made in it: links are not followed, any depth, any
  // permissions. Call when its processes have ended. Safe twice; throws when something is left.
  void Remove();

 private:
  std::string path_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_PRIVATE_FOLDER_H_
