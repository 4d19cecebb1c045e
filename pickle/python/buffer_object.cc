#include "pickle/python/buffer_object.h"

#include <new>
#include <utility>

#include "pickle/python/handle.h"

namespace pickle5::python {
namespace {

struct BufferObject {
  PyObject ob_base;
  Buffer buffer;
};

Buffer& BufferOf(PyObject* self) {
  return reinterpret_cast<BufferObject*>(self)->buffer;
}

int GetBuffer(PyObject* self, Py_buffer* view, int flags) {
  const Buffer& buffer = BufferOf(self);
  return PyBuffer_FillInfo(view, self, const_cast<uint8_t*>(buffer.data()),
                           static_cast<Py_ssize_t>(buffer.nbytes()),
                           buffer.readonly() ? 1 : 0, flags);
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  BufferOf(self).~Buffer();
  type->tp_free(self);
  Py_DECREF(type);
}

PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(GetBuffer)},
    {0, nullptr},
};

PyType_Spec buffer_spec = {
    "pkl5._pkl5.Buffer",
    sizeof(BufferObject),
    0,
#if PY_VERSION_HEX >= 0x030a0000
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
#else
    Py_TPFLAGS_DEFAULT,
#endif
    slots,
};

}  // namespace

bool AddBufferType(PyObject* module, ModuleState* state) {
  state->buffer_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &buffer_spec, nullptr));
  return state->buffer_type != nullptr;
}

PyObject* ViewOfBuffer(const ModuleState& state, Buffer buffer) {
  const Handle exporter(state.buffer_type->tp_alloc(state.buffer_type, 0));
  if (!exporter) return nullptr;
  new (&BufferOf(exporter.get())) Buffer(std::move(buffer));
  return PyMemoryView_FromObject(exporter.get());
}

absl::StatusOr<Buffer> BufferOfView(const Py_buffer& view) {
  const auto size = static_cast<size_t>(view.len);
  auto* data = static_cast<uint8_t*>(view.buf);
  const Buffer plain =
      view.readonly != 0 ? Buffer::Borrow(std::span<const uint8_t>(data, size))
                         : Buffer::BorrowMutable(std::span(data, size));
  const std::string_view format = view.format == nullptr ? "B" : view.format;
  if (view.shape == nullptr && view.ndim != 0) return plain;
  const auto ndim = static_cast<size_t>(view.ndim);
  return plain.WithShape(format, static_cast<size_t>(view.itemsize),
                         std::span(view.shape, ndim),
                         std::span(view.strides, view.strides ? ndim : 0));
}

}  // namespace pickle5::python
