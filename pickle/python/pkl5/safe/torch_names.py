"""What PyTorch's pickles of tensors and state dicts name.
"""

NAMES = {
    "_codecs":
        "encode",
    "collections":
        "OrderedDict",
    "torch":
        "BFloat16Storage BoolStorage ByteStorage CharStorage"
        " ComplexDoubleStorage ComplexFloatStorage DoubleStorage FloatStorage"
        " HalfStorage IntStorage LongStorage ShortStorage Size bfloat16 bool"
        " complex128 complex64 device float16 float32 float64 int16 int32"
        " int64 int8 uint8",
    "torch._utils":
        "_rebuild_parameter _rebuild_tensor _rebuild_tensor_v2",
    "torch.storage":
        "UntypedStorage",
}
