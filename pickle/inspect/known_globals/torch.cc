#include "pickle/inspect/known_globals/known_globals.h"

namespace pickle5::internal {

// What the state dict of a PyTorch model names.
const std::string_view kTorchGlobals = R"(
torch: BFloat16Storage BoolStorage ByteStorage CharStorage
torch: ComplexDoubleStorage ComplexFloatStorage DoubleStorage FloatStorage
torch: HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage
torch: QUInt8Storage ShortStorage Size Tensor UntypedStorage bfloat16 bool
torch: channels_last complex128 complex64 contiguous_format device dtype
torch: float16 float32 float64 float8_e4m3fn float8_e5m2 int16 int32 int64
torch: int8 per_channel_affine per_tensor_affine qint32 qint8 quint8
torch: sparse_coo sparse_csr strided uint16 uint32 uint64 uint8
torch._tensor: Tensor _rebuild_from_type_v2
torch._utils: _rebuild_meta_tensor_no_storage _rebuild_nested_tensor
torch._utils: _rebuild_parameter _rebuild_parameter_with_state
torch._utils: _rebuild_qtensor _rebuild_sparse_csr_tensor
torch._utils: _rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2
torch._utils: _rebuild_tensor_v3 _rebuild_wrapper_subclass
torch.cuda: BFloat16Storage BoolStorage ByteStorage CharStorage
torch.cuda: ComplexDoubleStorage ComplexFloatStorage DoubleStorage
torch.cuda: FloatStorage HalfStorage IntStorage LongStorage QInt32Storage
torch.cuda: QInt8Storage QUInt8Storage ShortStorage UntypedStorage
torch.nn.parameter: Buffer Parameter UninitializedParameter
torch.serialization: _get_layout
torch.storage: TypedStorage UntypedStorage
torch.torch_version: TorchVersion
)";

}  // namespace pickle5::internal
