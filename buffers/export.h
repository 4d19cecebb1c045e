#ifndef PICKLE5_BUFFERS_EXPORT_H_
#define PICKLE5_BUFFERS_EXPORT_H_

// PICKLE5_EXPORT marks what the shared library makes visible: everything else
// is compiled with hidden visibility.
#if !defined(PICKLE5_EXPORT)
#if defined(__GNUC__)
#define PICKLE5_EXPORT __attribute__((visibility("default")))
#else
#define PICKLE5_EXPORT
#endif
#endif

#endif  // PICKLE5_BUFFERS_EXPORT_H_
