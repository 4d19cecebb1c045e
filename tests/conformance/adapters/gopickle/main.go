// Answers `pkl5 conform` with nlpodyssey/gopickle, which only reads.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

type node = map[string]any

func sequence(kind string, length int, get func(int) any) node {
	nodes := []any{}
	for i := 0; i < length; i++ {
		nodes = append(nodes, tree(get(i)))
	}
	return node{"t": kind, "items": nodes}
}

func tree(value any) node {
	switch v := value.(type) {
	case nil:
		return node{"t": "none"}
	case bool:
		return node{"t": "bool", "v": v}
	case int:
		return node{"t": "int", "v": strconv.Itoa(v)}
	case *big.Int:
		return node{"t": "int", "v": v.String()}
	case float64:
		return node{"t": "float", "bits": fmt.Sprintf("%016x", math.Float64bits(v))}
	case string:
		return node{"t": "str", "cp": utf8.RuneCountInString(v), "v": v}
	case []byte:
		return node{"t": "bytes", "len": len(v), "hex": hex.EncodeToString(v)}
	case *types.ByteArray:
		return node{"t": "bytearray", "len": v.Len()}
	case *types.List:
		return sequence("list", v.Len(), v.Get)
	case *types.Tuple:
		return sequence("tuple", v.Len(), v.Get)
	case *types.Set:
		return set("set", *v)
	case *types.FrozenSet:
		return set("frozenset", *v)
	case *types.Dict:
		pairs := []any{}
		for _, entry := range *v {
			pairs = append(pairs, []any{tree(entry.Key), tree(entry.Value)})
		}
		return node{"t": "dict", "items": pairs}
	case *types.GenericClass:
		return node{"t": "global", "module": v.Module, "name": v.Name}
	default:
		return node{"t": fmt.Sprintf("%T", v)}
	}
}

func set[M ~map[any]V, V any](kind string, members M) node {
	nodes := []any{}
	for key := range members {
		nodes = append(nodes, tree(key))
	}
	return node{"t": kind, "items": nodes}
}

func refused(err any) node {
	return node{"error": "malformed", "message": fmt.Sprint(err)}
}

func answer(line string) (result node) {
	defer func() {
		if err := recover(); err != nil {
			result = refused(err)
		}
	}()
	words := strings.Split(line, " ")
	if words[0] == "dump" {
		return node{"skip": "does not write"}
	}
	data, _ := hex.DecodeString(strings.TrimPrefix(words[2], "-"))
	unpickler := pickle.NewUnpickler(bytes.NewReader(data))
	value, err := unpickler.Load()
	if err != nil {
		return refused(err)
	}
	if words[0] == "accept" {
		return node{"accepted": true}
	}
	return node{"tree": tree(value)}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<24)
	for in.Scan() {
		line, err := json.Marshal(answer(in.Text()))
		if err != nil {
			line, _ = json.Marshal(refused(err))
		}
		fmt.Println(string(line))
	}
}
