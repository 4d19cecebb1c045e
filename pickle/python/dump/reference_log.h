#ifndef PICKLE5_PICKLE_PYTHON_DUMP_REFERENCE_LOG_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_REFERENCE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "pickle/emitter/emitter.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Has objects open that others may change.
class OpenObjects {
 public:
  // Keeps what is still to be written of them as it is. Runs no foreign code.
  virtual void KeepOpen() = 0;

 protected:
  ~OpenObjects() = default;
};

// Every object that a pickler has memoized, in the order of the memo's indices.
//
// The memo's table is what costs time, and most objects need no entry: one
// whose only reference is that of its container is not met again, as long as
// nobody can make another reference to it. Such an object is only noted here.
// Before anybody can, Settle() enters all that were noted into the table and
// takes a reference to each.
//
// Lifetime: between two calls of Settle() the objects noted must stay alive by
//           themselves.
class ReferenceLog {
 public:
  ReferenceLog(Emitter* emitter, OpenObjects* open)
      : emitter_(*emitter), open_(*open) {}
  ReferenceLog(const ReferenceLog&) = delete;
  ReferenceLog& operator=(const ReferenceLog&) = delete;
  ~ReferenceLog() {
    Clear();
    std::free(entries_);
  }

  size_t size() const { return static_cast<size_t>(end_ - entries_); }
  bool settled() const { return settled_ == size(); }

  // Notes the object with the next index. `known`: it is in the memo's table.
  void Note(PyObject* object, bool known) {
    Push(reinterpret_cast<uintptr_t>(object) | (known ? kKnown : 0));
  }
  // The same for one that must be kept alive; it is in the table.
  void NoteOwned(PyObject* object) {
    Push(reinterpret_cast<uintptr_t>(object) | kKnown | kOwned);
    Py_INCREF(object);
    any_owned_ = true;
  }
  // Counts an object that nobody else can refer to, ever.
  void NoteNobody() { Push(0); }
  // It turned out that others can: this object. Precondition: index < size().
  void NoteLate(size_t index, PyObject* object) {
    entries_[index] = reinterpret_cast<uintptr_t>(object) | kKnown | kOwned;
    Py_INCREF(object);
    any_owned_ = true;
  }

  // The memo's index of the first object.
  void set_first(uint64_t index) { first_ = index; }
  uint64_t first() const { return first_; }

  // Enters and keeps all objects noted so far, and has what is open kept. May
  // throw std::bad_alloc.
  void Settle() {
    ++settles_;
    if (!settled()) SettleSlow();
    if (ABSL_PREDICT_FALSE(unkept_ != 0)) open_.KeepOpen();
  }
  // How many objects are open that were not kept yet.
  void set_unkept(size_t count) { unkept_ = count; }
  size_t unkept() const { return unkept_; }
  // How often that was called: where it is what it was, nobody has run who can
  // make a reference or change an object.
  uint64_t settles() const { return settles_; }

  // Forgets the objects that are not kept: what they were noted for is over.
  void DropUnsettled() {
    for (size_t i = settled_; i != size(); ++i) {
      if ((entries_[i] & kOwned) == 0) entries_[i] = 0;
    }
    settled_ = size();
  }

  // Forgets all objects. May run foreign code, after which the log is empty.
  void Clear() {
    if (end_ == entries_) return;
    uintptr_t* entries = entries_;
    const size_t size = this->size();
    if (any_owned_) {
      any_owned_ = false;
      entries_ = end_ = capacity_end_ = nullptr;
      settled_ = 0;
      for (size_t i = 0; i != size; ++i) {
        if ((entries[i] & kOwned) != 0) Py_DECREF(ObjectOf(entries[i]));
      }
      std::free(entries);
      return;
    }
    end_ = entries_;
    settled_ = 0;
    if (static_cast<size_t>(capacity_end_ - entries_) > kKept) {
      std::free(entries_);
      entries_ = end_ = capacity_end_ = nullptr;
    }
  }

  // Calls visit(index, object) for every object that is kept.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i != size(); ++i) {
      if ((entries_[i] & kOwned) != 0) visit(i, ObjectOf(entries_[i]));
    }
  }

 private:
  static constexpr uintptr_t kKnown = 1;
  static constexpr uintptr_t kOwned = 2;
  static constexpr size_t kKept = size_t{1} << 16;

  static PyObject* ObjectOf(uintptr_t entry) {
    return reinterpret_cast<PyObject*>(entry & ~(kKnown | kOwned));
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE void Push(uintptr_t entry) {
    if (ABSL_PREDICT_FALSE(end_ == capacity_end_)) Grow();
    *end_++ = entry;
  }
  ABSL_ATTRIBUTE_NOINLINE void Grow() {
    const size_t size = this->size();
    const size_t capacity = size == 0 ? 1024 : 2 * size;
    void* grown = std::realloc(entries_, capacity * sizeof(uintptr_t));
    if (grown == nullptr) throw std::bad_alloc();
    entries_ = static_cast<uintptr_t*>(grown);
    end_ = entries_ + size;
    capacity_end_ = entries_ + capacity;
  }
  ABSL_ATTRIBUTE_NOINLINE void SettleSlow() {
    for (; settled_ != size(); ++settled_) {
      uintptr_t& entry = entries_[settled_];
      if (entry == 0 || (entry & kOwned) != 0) continue;
      PyObject* object = ObjectOf(entry);
      if ((entry & kKnown) == 0) emitter_.Remember(object, first_ + settled_);
      Py_INCREF(object);
      entry |= kKnown | kOwned;
      any_owned_ = true;
    }
  }

  Emitter& emitter_;
  uintptr_t* entries_ = nullptr;
  uintptr_t* end_ = nullptr;
  uintptr_t* capacity_end_ = nullptr;
  size_t settled_ = 0;
  uint64_t settles_ = 0;
  uint64_t first_ = 0;
  OpenObjects& open_;
  size_t unkept_ = 0;
  bool any_owned_ = false;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_REFERENCE_LOG_H_
