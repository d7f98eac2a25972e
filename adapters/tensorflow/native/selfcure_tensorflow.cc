// The native module of @selfcure/tensorflow: the binding of @tensorflow/tfjs-node 4.22, compiled unchanged inside this
// file, and beside it what that binding lacks: options of the context, collectives, reading and releasing many tensors
// in one call, every data type.
//
// The stock sources are included after their headers, with five names redirected by macros. Nothing of them is edited.
//
// The module exports functions that need no context (`open`, `setEnvironment`, `abortCollectives`); `open` makes the
// context of the calling thread and returns the binding proper. So a thread that only watches pays for no context.

#include <dlfcn.h>
#include <node_api.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace selfcure {

// Every context of the process, so that any thread can abort the collectives of another that is blocked in one.
struct Contexts {
  std::mutex mutex;
  std::set<TFE_Context*> open;
};

// Never destroyed: threads of TensorFlow outlive static destructors.
static Contexts& contexts() {
  static Contexts* const all = new Contexts();
  return *all;
}

// Handed from `open` to the constructor of the stock binding, which would go on with a null context on failure.
static thread_local TFE_Context* prepared_context = nullptr;

static TFE_Context* TakePreparedContext(const TFE_ContextOptions*, TF_Status*) {
  TFE_Context* const context = prepared_context;
  prepared_context = nullptr;
  return context;
}

static void DeleteContext(TFE_Context* context) {
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    contexts().open.erase(context);
  }
  TFE_DeleteContext(context);
}

// The stock binding reads as many handles as it was asked for; an operation with fewer outputs leaves null pointers.
static void Execute(TFE_Op* op, TFE_TensorHandle** outputs, int* count, TF_Status* status) {
  const int asked = *count;
  TFE_Execute(op, outputs, count, status);
  if (TF_GetCode(status) != TF_OK || *count == asked) return;
  for (int i = 0; i < *count; i++) TFE_DeleteTensorHandle(outputs[i]);
  const std::string message = "operation " + std::string(TFE_OpGetName(op, status)) + " has " +
                              std::to_string(*count) + " outputs, asked for " + std::to_string(asked);
  TF_SetStatus(status, TF_INVALID_ARGUMENT, message.c_str());
}

}  // namespace selfcure

#define TFE_NewContext selfcure::TakePreparedContext
#define TFE_DeleteContext selfcure::DeleteContext
#define TFE_Execute selfcure::Execute
// `static std::set<std::string> ATTR_NAME_SET;` is one set for all threads, without a lock. Redirected, the line declares a
// function that returns a pointer to the set of the calling thread, and its uses call it.
#define ATTR_NAME_SET (*attribute_names())
#undef NAPI_MODULE
#define NAPI_MODULE(name, init)
#include "tfjs_backend.cc"
#include "tfjs_binding.cc"
#undef TFE_NewContext
#undef TFE_DeleteContext
#undef TFE_Execute
#undef ATTR_NAME_SET

namespace tfnodejs {

static std::set<std::string>* attribute_names() {
  static thread_local std::set<std::string> names;
  return &names;
}

}  // namespace tfnodejs

namespace selfcure {

using tfnodejs::TFJSBackend;
using tfnodejs::TF_AutoStatus;
using tfnodejs::TF_AutoTensor;
using Handles = std::unordered_map<int32_t, TFE_TensorHandle*>;

// Explicit instantiation may name private members ([temp.spec]/6): access without touching the class.
template <typename Tag, typename Tag::type Member>
struct Reveal {
  friend typename Tag::type reveal(Tag) { return Member; }
};
struct ContextOf {
  using type = TFE_Context* TFJSBackend::*;
  friend type reveal(ContextOf);
};
struct HandlesOf {
  using type = Handles TFJSBackend::*;
  friend type reveal(HandlesOf);
};
struct DeviceOf {
  using type = std::string TFJSBackend::*;
  friend type reveal(DeviceOf);
};
struct InsertOf {
  using type = int32_t (TFJSBackend::*)(TFE_TensorHandle*);
  friend type reveal(InsertOf);
};
template struct Reveal<ContextOf, &TFJSBackend::tfe_context_>;
template struct Reveal<HandlesOf, &TFJSBackend::tfe_handle_map_>;
template struct Reveal<DeviceOf, &TFJSBackend::device_name>;
template struct Reveal<InsertOf, &TFJSBackend::InsertHandle>;

// A thread that asks the peers of a cluster for their health and aborts this context's collectives when one is silent.
class Watch {
 public:
  Watch(TFE_Context* context, std::vector<std::string> tasks, int64_t interval_ms, int64_t timeout_ms)
      : thread_([=] { Run(context, tasks, interval_ms, timeout_ms); }) {}

  ~Watch() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void Run(TFE_Context* context, const std::vector<std::string>& tasks, int64_t interval_ms, int64_t timeout_ms) {
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        if (wake_.wait_for(lock, std::chrono::milliseconds(interval_ms), [this] { return stopped_; })) return;
      }
      for (const std::string& task : tasks) {
        TF_AutoStatus status;
        TFE_CollectiveOpsCheckPeerHealth(context, task.c_str(), timeout_ms, status.status);
        {
          std::lock_guard<std::mutex> lock(mutex_);
          if (stopped_) return;
        }
        if (TF_GetCode(status.status) == TF_OK) continue;
        const std::string message = "worker " + task + " is lost: " + TF_Message(status.status);
        TF_SetStatus(status.status, TF_UNAVAILABLE, message.c_str());
        TFE_AbortCollectiveOps(context, status.status);
        return;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the members above
};

// What one thread of JavaScript holds beside the stock backend.
struct Instance {
  napi_ref exports = nullptr;
  std::string config;
  std::unique_ptr<Watch> watch;
};

static napi_value Throw(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
  return nullptr;
}

static napi_value ThrowStatus(napi_env env, const std::string& what, const TF_AutoStatus& status) {
  return Throw(env, "ERR_TENSORFLOW", what + ": " + TF_Message(status.status));
}

// Arguments of a call. `valid` is false, and an exception pending, where fewer than Count were given.
template <size_t Count>
struct Arguments {
  napi_value at[Count == 0 ? 1 : Count];
  Instance* instance = nullptr;
  bool valid = false;

  Arguments(napi_env env, napi_callback_info info, const char* name) {
    size_t count = Count;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, at, nullptr, &data) != napi_ok || count < Count) {
      Throw(env, "ERR_INVALID_ARG", std::string(name) + "() takes " + std::to_string(Count) + " arguments");
      return;
    }
    instance = static_cast<Instance*>(data);
    valid = true;
  }
};

static TFJSBackend* BackendOf(napi_env env) {
  TFJSBackend* backend = nullptr;
  if (napi_get_instance_data(env, reinterpret_cast<void**>(&backend)) != napi_ok || backend == nullptr) {
    Throw(env, "ERR_NOT_OPEN", "open() has not been called in this thread");
    return nullptr;
  }
  return backend;
}

static bool StringOf(napi_env env, napi_value value, std::string* result) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    Throw(env, "ERR_INVALID_ARG", "argument is not a string");
    return false;
  }
  result->resize(length + 1);
  napi_get_value_string_utf8(env, value, &(*result)[0], length + 1, &length);
  result->resize(length);
  return true;
}

static bool BytesOf(napi_env env, napi_value value, std::string* result) {
  bool is_typed = false;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_is_typedarray(env, value, &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    Throw(env, "ERR_INVALID_ARG", "argument is not a Uint8Array");
    return false;
  }
  result->assign(static_cast<const char*>(data), length);
  return true;
}

// Positive whole number of milliseconds.
static bool MillisecondsOf(napi_env env, napi_value value, int64_t* result) {
  if (napi_get_value_int64(env, value, result) == napi_ok && *result > 0) return true;
  Throw(env, "ERR_INVALID_ARG", "a time in milliseconds must be a positive number");
  return false;
}

// Handles behind an array of ids; null ids are errors that name them.
static bool HandlesAt(napi_env env, TFJSBackend* backend, napi_value ids,
                      std::vector<Handles::iterator>* result) {
  uint32_t count = 0;
  if (napi_get_array_length(env, ids, &count) != napi_ok) {
    Throw(env, "ERR_INVALID_ARG", "argument is not an array of tensor ids");
    return false;
  }
  Handles& handles = backend->*reveal(HandlesOf());
  result->reserve(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    napi_value element;
    int32_t id = 0;
    const bool is_number = napi_get_element(env, ids, i, &element) == napi_ok &&
                           napi_get_value_int32(env, element, &id) == napi_ok;
    napi_close_handle_scope(env, scope);
    const auto entry = is_number ? handles.find(id) : handles.end();
    if (entry == handles.end()) {
      Throw(env, "ERR_NO_TENSOR", is_number ? "no tensor has the id " + std::to_string(id)
                                            : "element " + std::to_string(i) + " is not a tensor id");
      return false;
    }
    result->push_back(entry);
  }
  return true;
}

// Which typed array holds values of a type. False for strings, resources and what JavaScript has no array for.
static bool ArrayTypeOf(TF_DataType type, napi_typedarray_type* result) {
  switch (type) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      *result = napi_float32_array;
      return true;
    case TF_DOUBLE:
      *result = napi_float64_array;
      return true;
    case TF_INT32:
      *result = napi_int32_array;
      return true;
    case TF_INT64:
      *result = napi_bigint64_array;
      return true;
    case TF_BOOL:
    case TF_UINT8:
      *result = napi_uint8_array;
      return true;
    case TF_HALF:
    case TF_BFLOAT16:
      *result = napi_uint16_array;
      return true;
    default:
      return false;
  }
}

// createTensor(shape, dtype, values): as the stock one, for more types, and it copies. The stock one lends TensorFlow
// the memory of the array and releases it through N-API from whatever thread drops the last reference.
static napi_value CreateTensor(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info, "createTensor");
  if (!arguments.valid) return nullptr;
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr) return nullptr;

  int32_t dtype = 0;
  if (napi_get_value_int32(env, arguments.at[1], &dtype) != napi_ok)
    return Throw(env, "ERR_INVALID_ARG", "createTensor(): the data type is not a number");
  const TF_DataType type = static_cast<TF_DataType>(dtype);
  napi_typedarray_type expected;
  if (!ArrayTypeOf(type, &expected)) return tfnodejs::CreateTensor(env, info);  // arrays of strings

  uint32_t rank = 0;
  if (napi_get_array_length(env, arguments.at[0], &rank) != napi_ok)
    return Throw(env, "ERR_INVALID_ARG", "createTensor(): the shape is not an array");
  std::vector<int64_t> shape(rank);
  size_t elements = 1;
  for (uint32_t i = 0; i < rank; i++) {
    napi_value extent;
    if (napi_get_element(env, arguments.at[0], i, &extent) != napi_ok ||
        napi_get_value_int64(env, extent, &shape[i]) != napi_ok || shape[i] < 0)
      return Throw(env, "ERR_INVALID_ARG", "createTensor(): the shape must hold numbers >= 0");
    elements *= static_cast<size_t>(shape[i]);
  }

  bool is_typed = false;
  napi_typedarray_type given;
  size_t length = 0;
  void* data = nullptr;
  if (napi_is_typedarray(env, arguments.at[2], &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(env, arguments.at[2], &given, &length, &data, nullptr, nullptr) != napi_ok)
    return Throw(env, "ERR_INVALID_ARG", "createTensor(): the values are not a typed array");
  if (given != expected)
    return Throw(env, "ERR_INVALID_ARG", "createTensor(): the typed array does not fit data type " + std::to_string(dtype));
  const size_t values = type == TF_COMPLEX64 ? 2 * elements : elements;
  if (length != values)
    return Throw(env, "ERR_INVALID_ARG", "createTensor(): the shape takes " + std::to_string(values) +
                                             " values, the array holds " + std::to_string(length));

  const size_t bytes = elements * TF_DataTypeSize(type);
  TF_AutoTensor tensor(TF_AllocateTensor(type, shape.data(), static_cast<int>(rank), bytes));
  if (tensor.tensor == nullptr)
    return Throw(env, "ERR_NO_MEMORY", "createTensor(): no memory for " + std::to_string(bytes) + " bytes");
  if (bytes > 0) std::memcpy(TF_TensorData(tensor.tensor), data, bytes);

  TF_AutoStatus status;
  TFE_TensorHandle* handle = TFE_NewTensorHandle(tensor.tensor, status.status);
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "createTensor()", status);
  if (type != TF_INT32) {  // kernels of GPUs want 32-bit integers on the host
    TFE_TensorHandle* const moved =
        TFE_TensorHandleCopyToDevice(handle, backend->*reveal(ContextOf()),
                                     (backend->*reveal(DeviceOf())).c_str(), status.status);
    TFE_DeleteTensorHandle(handle);
    if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "createTensor()", status);
    handle = moved;
  }
  napi_value id;
  napi_create_int32(env, (backend->*reveal(InsertOf()))(handle), &id);
  return id;
}

// Copies the values of a tensor into a new typed array. Null, with an exception pending, on failure.
static napi_value ReadHandle(napi_env env, TFE_TensorHandle* handle) {
  const TF_DataType type = TFE_TensorHandleDataType(handle);
  napi_typedarray_type array_type;
  if (!ArrayTypeOf(type, &array_type))
    return Throw(env, "ERR_INVALID_ARG", "no typed array holds tensors of data type " + std::to_string(type));
  TF_AutoStatus status;
  TF_AutoTensor tensor(TFE_TensorHandleResolve(handle, status.status));
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "reading a tensor", status);
  const size_t bytes = TF_TensorByteSize(tensor.tensor);
  void* target = nullptr;
  napi_value buffer;
  if (napi_create_arraybuffer(env, bytes, &target, &buffer) != napi_ok)
    return Throw(env, "ERR_NO_MEMORY", "no memory for an array of " + std::to_string(bytes) + " bytes");
  if (bytes > 0) std::memcpy(target, TF_TensorData(tensor.tensor), bytes);
  const size_t elements = static_cast<size_t>(TF_TensorElementCount(tensor.tensor));
  napi_value array;
  if (napi_create_typedarray(env, array_type, type == TF_COMPLEX64 ? 2 * elements : elements, buffer, 0, &array) !=
      napi_ok)
    return Throw(env, "ERR_NO_MEMORY", "no memory for a typed array");
  return array;
}

// tensorDataSync(id): as the stock one, for more types.
static napi_value TensorDataSync(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info, "tensorDataSync");
  if (!arguments.valid) return nullptr;
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr) return nullptr;
  int32_t id = 0;
  Handles& handles = backend->*reveal(HandlesOf());
  const auto entry =
      napi_get_value_int32(env, arguments.at[0], &id) == napi_ok ? handles.find(id) : handles.end();
  if (entry == handles.end()) return Throw(env, "ERR_NO_TENSOR", "no tensor has the id " + std::to_string(id));
  const TF_DataType type = TFE_TensorHandleDataType(entry->second);
  if (type == TF_STRING || type == TF_RESOURCE) return tfnodejs::TensorDataSync(env, info);
  return ReadHandle(env, entry->second);
}

// readTensors(ids): the values of several tensors, one call.
static napi_value ReadTensors(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info, "readTensors");
  if (!arguments.valid) return nullptr;
  TFJSBackend* const backend = BackendOf(env);
  std::vector<Handles::iterator> entries;
  if (backend == nullptr || !HandlesAt(env, backend, arguments.at[0], &entries)) return nullptr;
  napi_value result;
  napi_create_array_with_length(env, entries.size(), &result);
  for (uint32_t i = 0; i < entries.size(); i++) {
    const napi_value array = ReadHandle(env, entries[i]->second);
    if (array == nullptr) return nullptr;
    napi_set_element(env, result, i, array);
  }
  return result;
}

// deleteTensors(ids): releases several tensors, one call. All ids are checked before the first is released.
static napi_value DeleteTensors(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info, "deleteTensors");
  if (!arguments.valid) return nullptr;
  TFJSBackend* const backend = BackendOf(env);
  std::vector<Handles::iterator> entries;
  if (backend == nullptr || !HandlesAt(env, backend, arguments.at[0], &entries)) return nullptr;
  std::set<int32_t> ids;
  for (const auto& entry : entries) {
    if (!ids.insert(entry->first).second)
      return Throw(env, "ERR_NO_TENSOR", "deleteTensors(): the id " + std::to_string(entry->first) + " stands twice");
  }
  Handles& handles = backend->*reveal(HandlesOf());
  for (const auto& entry : entries) {
    TFE_DeleteTensorHandle(entry->second);
    handles.erase(entry);
  }
  return nullptr;
}

// devices(): [{ name, type, memory }], memory in bytes.
static napi_value Devices(napi_env env, napi_callback_info) {
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr) return nullptr;
  TF_AutoStatus status;
  const std::unique_ptr<TF_DeviceList, decltype(&TF_DeleteDeviceList)> list(
      TFE_ContextListDevices(backend->*reveal(ContextOf()), status.status), &TF_DeleteDeviceList);
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "listing the devices", status);
  napi_value result;
  napi_create_array(env, &result);
  for (int i = 0; i < TF_DeviceListCount(list.get()); i++) {
    const char* const name = TF_DeviceListName(list.get(), i, status.status);
    const char* const type = TF_DeviceListType(list.get(), i, status.status);
    const int64_t memory = TF_DeviceListMemoryBytes(list.get(), i, status.status);
    if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "listing the devices", status);
    napi_value device, value;
    napi_create_object(env, &device);
    napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, device, "name", value);
    napi_create_string_utf8(env, type, NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, device, "type", value);
    napi_create_int64(env, memory, &value);
    napi_set_named_property(env, device, "memory", value);
    napi_set_element(env, result, static_cast<uint32_t>(i), device);
  }
  return result;
}

// The local device that computes, by its full name, as the stock binding chooses it: the last GPU, else the CPU.
// Collectives rename devices to /job:.../task:...; remote ones are of other tasks and never chosen.
static bool RefreshDeviceName(napi_env env, TFJSBackend* backend, const std::string& prefix) {
  TF_AutoStatus status;
  const std::unique_ptr<TF_DeviceList, decltype(&TF_DeleteDeviceList)> list(
      TFE_ContextListDevices(backend->*reveal(ContextOf()), status.status), &TF_DeleteDeviceList);
  std::string chosen;
  for (int i = 0; TF_GetCode(status.status) == TF_OK && i < TF_DeviceListCount(list.get()); i++) {
    const std::string name = TF_DeviceListName(list.get(), i, status.status);
    const std::string type = TF_DeviceListType(list.get(), i, status.status);
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    if (type == "GPU" || (type == "CPU" && chosen.empty())) chosen = name;
  }
  if (TF_GetCode(status.status) != TF_OK) {
    ThrowStatus(env, "listing the devices", status);
    return false;
  }
  if (chosen.empty()) {
    Throw(env, "ERR_TENSORFLOW", "no device of this process is named " + prefix + "...");
    return false;
  }
  backend->*reveal(DeviceOf()) = chosen;
  return true;
}

// enableCollectives(serverDef, task): joins the cluster of a serialized tensorflow.ServerDef. `task` is this process's
// own, "/job:worker/replica:0/task:0". Returns the name of the device that computes from now on.
static napi_value EnableCollectives(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info, "enableCollectives");
  if (!arguments.valid) return nullptr;
  std::string definition, task;
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr || !BytesOf(env, arguments.at[0], &definition) || !StringOf(env, arguments.at[1], &task))
    return nullptr;
  TF_AutoStatus status;
  TFE_EnableCollectiveOps(backend->*reveal(ContextOf()), definition.data(), definition.size(), status.status);
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "enableCollectives()", status);
  if (!RefreshDeviceName(env, backend, task + "/")) return nullptr;
  napi_value name;
  napi_create_string_utf8(env, (backend->*reveal(DeviceOf())).c_str(), NAPI_AUTO_LENGTH, &name);
  return name;
}

// checkPeer(task, timeoutMs): throws where the task does not answer in time. Blocks.
static napi_value CheckPeer(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info, "checkPeer");
  if (!arguments.valid) return nullptr;
  std::string task;
  int64_t timeout_ms = 0;
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr || !StringOf(env, arguments.at[0], &task) ||
      !MillisecondsOf(env, arguments.at[1], &timeout_ms))
    return nullptr;
  TF_AutoStatus status;
  TFE_CollectiveOpsCheckPeerHealth(backend->*reveal(ContextOf()), task.c_str(), timeout_ms, status.status);
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "worker " + task + " does not answer", status);
  return nullptr;
}

// watchPeers(tasks, intervalMs, timeoutMs): a thread of its own asks every task for its health; the first that is silent
// aborts the collectives of this thread, also the one that it is blocked in. An empty list ends the watch.
static napi_value WatchPeers(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info, "watchPeers");
  if (!arguments.valid) return nullptr;
  TFJSBackend* const backend = BackendOf(env);
  if (backend == nullptr) return nullptr;
  uint32_t count = 0;
  if (napi_get_array_length(env, arguments.at[0], &count) != napi_ok)
    return Throw(env, "ERR_INVALID_ARG", "watchPeers(): the tasks are not an array");
  std::vector<std::string> tasks(count);
  for (uint32_t i = 0; i < count; i++) {
    napi_value element;
    napi_get_element(env, arguments.at[0], i, &element);
    if (!StringOf(env, element, &tasks[i])) return nullptr;
  }
  int64_t interval_ms = 0;
  int64_t timeout_ms = 0;
  if (!MillisecondsOf(env, arguments.at[1], &interval_ms) || !MillisecondsOf(env, arguments.at[2], &timeout_ms))
    return nullptr;
  arguments.instance->watch.reset();
  if (count > 0)
    arguments.instance->watch.reset(new Watch(backend->*reveal(ContextOf()), tasks, interval_ms, timeout_ms));
  return nullptr;
}

// abortCollectives(message): every collective of this process, running or to come, fails with the message. Callable from
// any thread; returns the number of contexts that were told. A context stays aborted.
static napi_value AbortCollectives(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info, "abortCollectives");
  std::string message;
  if (!arguments.valid || !StringOf(env, arguments.at[0], &message)) return nullptr;
  std::lock_guard<std::mutex> lock(contexts().mutex);
  for (TFE_Context* context : contexts().open) {
    TF_AutoStatus status;
    TF_SetStatus(status.status, TF_ABORTED, message.c_str());
    TFE_AbortCollectiveOps(context, status.status);
  }
  napi_value count;
  napi_create_uint32(env, static_cast<uint32_t>(contexts().open.size()), &count);
  return count;
}

// setEnvironment(name, value): the environment that getenv() of the libraries reads; process.env of a worker is a copy.
static napi_value SetEnvironment(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info, "setEnvironment");
  std::string name, value;
  if (!arguments.valid || !StringOf(env, arguments.at[0], &name) || !StringOf(env, arguments.at[1], &value))
    return nullptr;
  const char* const current = std::getenv(name.c_str());
  if (current != nullptr && value == current) return nullptr;
  if (setenv(name.c_str(), value.c_str(), 1) != 0)
    return Throw(env, "ERR_INVALID_ARG", "cannot set the environment variable " + name);
  return nullptr;
}

// setSwitch(name, on): a process-wide switch that TensorFlow's C interface lacks and its C++ library exports. Throws
// where this TensorFlow does not export it.
static napi_value SetSwitch(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info, "setSwitch");
  std::string name;
  bool on = false;
  if (!arguments.valid || !StringOf(env, arguments.at[0], &name)) return nullptr;
  if (napi_get_value_bool(env, arguments.at[1], &on) != napi_ok)
    return Throw(env, "ERR_INVALID_ARG", "setSwitch() takes a boolean");
  const char* const symbol = name == "tensorFloat32" ? "_ZN3tsl32enable_tensor_float_32_executionEb"
                             : name == "determinism" ? "_ZN3tsl19EnableOpDeterminismEb"
                                                     : nullptr;
  if (symbol == nullptr) return Throw(env, "ERR_INVALID_ARG", "no switch is named " + name);
  // The libraries of an addon are not in the global scope: ask the one that holds TF_NewStatus.
  Dl_info library;
  void* const handle = dladdr(reinterpret_cast<void*>(&TF_NewStatus), &library) != 0
                           ? dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD)
                           : nullptr;
  void* const function = handle == nullptr ? nullptr : dlsym(handle, symbol);
  if (handle != nullptr) dlclose(handle);
  if (function == nullptr)
    return Throw(env, "ERR_TENSORFLOW", std::string("TensorFlow ") + TF_Version() + " has no switch " + name);
  reinterpret_cast<void (*)(bool)>(function)(on);
  return nullptr;
}

static void Define(napi_env env, napi_value object, const char* name, napi_callback callback, Instance* instance) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, instance, &function);
  napi_set_named_property(env, object, name, function);
}

// open(config): makes this thread's context from a serialized tensorflow.ConfigProto and returns the binding. Called
// again with the same options it returns the same binding; with others it throws.
static napi_value Open(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info, "open");
  std::string config;
  if (!arguments.valid || !BytesOf(env, arguments.at[0], &config)) return nullptr;
  Instance* const instance = arguments.instance;
  if (instance->exports != nullptr) {
    if (config != instance->config)
      return Throw(env, "ERR_ALREADY_OPEN", "TensorFlow is already open in this thread, with other options");
    napi_value binding;
    napi_get_reference_value(env, instance->exports, &binding);
    return binding;
  }

  TF_AutoStatus status;
  TFE_ContextOptions* const options = TFE_NewContextOptions();
  TFE_ContextOptionsSetConfig(options, config.data(), config.size(), status.status);
  TFE_Context* const context =
      TF_GetCode(status.status) == TF_OK ? TFE_NewContext(options, status.status) : nullptr;
  TFE_DeleteContextOptions(options);
  if (TF_GetCode(status.status) != TF_OK) return ThrowStatus(env, "TensorFlow does not start", status);
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    contexts().open.insert(context);
  }

  prepared_context = context;
  napi_value constants;
  napi_create_object(env, &constants);
  tfnodejs::InitTFNodeJSBinding(env, constants);
  if (tfnodejs::IsExceptionPending(env)) return nullptr;

  napi_value binding, version;
  napi_create_object(env, &binding);
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, binding, "TF_Version", version);
  Define(env, binding, "executeOp", tfnodejs::ExecuteOp, instance);
  Define(env, binding, "deleteTensor", tfnodejs::DeleteTensor, instance);
  Define(env, binding, "isUsingGpuDevice", tfnodejs::IsUsingGPUDevice, instance);
  Define(env, binding, "getNumOfTensors", tfnodejs::GetNumOfTensors, instance);
  Define(env, binding, "createTensor", CreateTensor, instance);
  Define(env, binding, "tensorDataSync", TensorDataSync, instance);
  Define(env, binding, "readTensors", ReadTensors, instance);
  Define(env, binding, "deleteTensors", DeleteTensors, instance);
  Define(env, binding, "devices", Devices, instance);
  Define(env, binding, "enableCollectives", EnableCollectives, instance);
  Define(env, binding, "checkPeer", CheckPeer, instance);
  Define(env, binding, "watchPeers", WatchPeers, instance);
  Define(env, binding, "abortCollectives", AbortCollectives, instance);
  napi_create_reference(env, binding, 1, &instance->exports);
  instance->config = config;
  return binding;
}

// Runs before the stock finalizer deletes the context: hooks run last in, first out.
static void Forget(void* data) { delete static_cast<Instance*>(data); }

static napi_value Init(napi_env env, napi_value exports) {
  Instance* const instance = new Instance();
  if (napi_add_env_cleanup_hook(env, Forget, instance) != napi_ok) {
    delete instance;
    return Throw(env, "ERR_NAPI", "napi_add_env_cleanup_hook failed");
  }
  napi_value version;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  Define(env, exports, "open", Open, instance);
  Define(env, exports, "setEnvironment", SetEnvironment, instance);
  Define(env, exports, "setSwitch", SetSwitch, instance);
  Define(env, exports, "abortCollectives", AbortCollectives, instance);
  return exports;
}

}  // namespace selfcure

NAPI_MODULE_INIT() { return selfcure::Init(env, exports); }
