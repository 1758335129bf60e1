#include "worker/weights/torch_file.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"
#include "worker/weights/pickle.h"

namespace assay {
namespace {

using Kind = PickleValue::Kind;

constexpr char kPickle[] = "/data.pkl";
// 0x1950a86a20f9469cfc6c, little-endian, the first pickle of a stream; and how it begins.
constexpr absl::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr absl::string_view kStreamStart("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                                         14);
constexpr int64_t kStreamVersion = 1001;

bool HasEntry(const std::vector<ZipEntry>& entries, const std::string& name) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const ZipEntry& entry) { return entry.name == name; });
}

// Why bytes of neither form are none.
std::string Guess(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "version https://git-lfs")) {
    return "a pointer of Git LFS instead of the file: git lfs pull fetches it";
  }
  if (absl::StartsWith(bytes, "GGUF")) return "a GGUF file: name it *.gguf";
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") {
    return "a tar archive of torch 0.1: load it with torch and save it again";
  }
  return "not a file of torch.save";
}

}  // namespace

absl::StatusOr<std::unique_ptr<TorchFile>> TorchFile::Open(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  std::unique_ptr<TorchFile> file(new TorchFile(path));
  file->file_ = std::move(mapped);
  ASSAY_RETURN_IF_ERROR(file->Parse(file->file_.bytes()));
  return file;
}

absl::StatusOr<std::unique_ptr<TorchFile>> TorchFile::FromBytes(std::string path,
                                                                absl::string_view bytes) {
  std::unique_ptr<TorchFile> file(new TorchFile(std::move(path)));
  ASSAY_RETURN_IF_ERROR(file->Parse(bytes));
  return file;
}

absl::Status TorchFile::Parse(absl::string_view bytes) {
  bytes_ = bytes;
  if (IsZipArchive(bytes)) return ParseZip();
  if (absl::StartsWith(bytes, kStreamStart)) return ParseStream();
  return absl::InvalidArgumentError(absl::StrCat(path_, ": ", Guess(bytes)));
}

absl::Status TorchFile::ParseZip() {
  ASSAY_ASSIGN_OR_RETURN(entries_, ReadZipArchive(path_, bytes_));
  // All entries are in one folder, whose name is the file's at its writing.
  const ZipEntry* pickle = nullptr;
  for (const ZipEntry& entry : entries_) {
    if (!absl::EndsWith(entry.name, kPickle) ||
        entry.name.find('/') != entry.name.size() - sizeof(kPickle) + 1) {
      continue;
    }
    if (pickle != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": the archive has two data.pkl"));
    }
    pickle = &entry;
  }
  if (pickle == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": a zip archive without data.pkl, which torch.save writes"));
  }
  const std::string folder(absl::StripSuffix(pickle->name, "data.pkl"));
  if (HasEntry(entries_, folder + "constants.pkl")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_,
                     ": a TorchScript program, which is not run; save the model's state "
                     "dict instead"));
  }
  Storages storages;
  for (const ZipEntry& entry : entries_) {
    if (entry.compressed) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": entry \"", absl::CHexEscape(entry.name.substr(0, 200)),
                       "\" is compressed; torch.save stores its entries as they are: unpack the "
                       "archive and pack "
                       "it again without compression (zip -0)"));
    }
    if (entry.name == folder + "byteorder" && entry.bytes != "little") {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": the values are not little-endian"));
    }
    absl::string_view key = entry.name;
    if (absl::ConsumePrefix(&key, folder + "data/")) storages[key] = entry.bytes;
  }
  ASSAY_RETURN_IF_ERROR(CheckZipEntry(path_, *pickle));
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Pickle> unpickled,
                         Pickle::Read(path_, pickle->bytes));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<TorchTensor> tensors,
                         FindTorchTensors(path_, unpickled->root()));
  return AddTensors(tensors, storages);
}

absl::Status TorchFile::ParseStream() {
  absl::string_view rest = bytes_;
  std::vector<std::unique_ptr<Pickle>> pickles;  // magic, version, system, object, keys
  for (int i = 0; i < 5; ++i) {
    ASSAY_ASSIGN_OR_RETURN(pickles.emplace_back(), Pickle::Read(path_, rest));
    rest.remove_prefix(pickles.back()->size());
  }
  const auto damaged = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", what, " (damaged file)"));
  };
  if (pickles[0]->root().text != kMagic) return damaged("the first pickle is not torch's");
  if (pickles[1]->root().kind != Kind::kInteger || pickles[1]->root().integer != kStreamVersion) {
    return damaged("the stream's version is not 1001");
  }
  const std::vector<const PickleValue*>& system = pickles[2]->root().items;
  for (size_t i = 0; i + 1 < system.size(); i += 2) {
    if (system[i]->text == "little_endian" && system[i + 1]->integer != 1) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": the values are not little-endian"));
    }
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<TorchTensor> tensors,
                         FindTorchTensors(path_, pickles[3]->root()));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<TorchStorage> all,
                         FindTorchStorages(path_, pickles[3]->root()));
  // The storages follow in the order of the keys, each with the number of its values; how many
  // bytes a value has is known from the object.
  absl::flat_hash_map<absl::string_view, const TorchStorage*> known;
  for (const TorchStorage& storage : all) known.try_emplace(storage.key, &storage);
  Storages storages;
  if (pickles[4]->root().kind != Kind::kList) return damaged("the list of storages is none");
  for (const PickleValue* key : pickles[4]->root().items) {
    const auto storage = known.find(key->text);
    if (key->kind != Kind::kText || storage == known.end()) {
      return damaged(absl::StrCat("no tensor has storage \"",
                                  absl::CHexEscape(key->text.substr(0, 40)), "\""));
    }
    const int64_t size = storage->second->size * storage->second->dtype->bytes;
    if (rest.size() < sizeof(int64_t) || LoadAs<int64_t>(rest.data()) != storage->second->size ||
        static_cast<uint64_t>(size) > rest.size() - sizeof(int64_t)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ": storage \"", absl::CHexEscape(key->text.substr(0, 40)), "\" should have ",
          storage->second->size, " values (truncated or damaged file)"));
    }
    storages[key->text] = rest.substr(sizeof(int64_t), static_cast<size_t>(size));
    rest.remove_prefix(sizeof(int64_t) + static_cast<size_t>(size));
  }
  return AddTensors(tensors, storages);
}

absl::Status TorchFile::AddTensors(const std::vector<TorchTensor>& tensors,
                                   const Storages& storages) {
  for (const TorchTensor& tensor : tensors) {
    names_.insert(tensor.name);
    if (!tensor.dtype->type.has_value()) continue;
    const auto storage = storages.find(tensor.storage.key);
    const auto bytes = [&](int64_t values) {
      return static_cast<uint64_t>(values) * static_cast<uint64_t>(tensor.dtype->bytes);
    };
    if (storage == storages.end() || storage->second.size() < bytes(tensor.storage.size)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ": tensor \"", absl::CHexEscape(tensor.name.substr(0, 200)), "\" needs storage \"",
          absl::CHexEscape(tensor.storage.key.substr(0, 40)), "\" of ", tensor.storage.size,
          " values, which is missing or shorter (truncated or damaged file)"));
    }
    std::vector<StoredTensor>& list = tensor.dtype->is_weight ? tensors_ : integers_;
    StoredTensor& stored = list.emplace_back();
    stored.name = tensor.name;
    stored.shape = tensor.shape;
    stored.type = *tensor.dtype->type;
    stored.bytes =
        storage->second.substr(bytes(tensor.storage.offset + tensor.offset), bytes(tensor.extent));
    stored.file = path_;
    if (!tensor.contiguous) stored.strides = tensor.strides;
  }
  return absl::OkStatus();
}

absl::Status TorchFile::CheckIntegrity() const {
  for (const ZipEntry& entry : entries_) ASSAY_RETURN_IF_ERROR(CheckZipEntry(path_, entry));
  return absl::OkStatus();
}

}  // namespace assay
