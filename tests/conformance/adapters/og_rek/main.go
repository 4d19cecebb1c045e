// Answers `pkl5 conform` with og-rek.
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

	ogorek "github.com/kisielk/og-rek"
)

type node = map[string]any

func text(s string) node {
	return node{"t": "str", "cp": utf8.RuneCountInString(s), "v": s}
}

func items(kind string, values []any) node {
	nodes := []any{}
	for _, v := range values {
		nodes = append(nodes, tree(v))
	}
	return node{"t": kind, "items": nodes}
}

func tree(value any) node {
	switch v := value.(type) {
	case nil, ogorek.None:
		return node{"t": "none"}
	case bool:
		return node{"t": "bool", "v": v}
	case int64:
		return node{"t": "int", "v": strconv.FormatInt(v, 10)}
	case int:
		return node{"t": "int", "v": strconv.Itoa(v)}
	case *big.Int:
		return node{"t": "int", "v": v.String()}
	case float64:
		return node{"t": "float", "bits": fmt.Sprintf("%016x", math.Float64bits(v))}
	case string:
		return text(v)
	case ogorek.Bytes:
		return node{"t": "bytes", "len": len(v), "hex": hex.EncodeToString([]byte(v))}
	case []byte:
		return node{"t": "bytearray", "len": len(v), "hex": hex.EncodeToString(v)}
	case []any:
		return items("list", v)
	case ogorek.Tuple:
		return items("tuple", v)
	case map[any]any:
		pairs := []any{}
		for key, one := range v {
			pairs = append(pairs, []any{tree(key), tree(one)})
		}
		return node{"t": "dict", "items": pairs}
	case ogorek.Class:
		return node{"t": "global", "module": v.Module, "name": v.Name}
	case ogorek.Call:
		return node{"t": "reduce", "func": tree(v.Callable), "args": items("tuple", v.Args)}
	case ogorek.Ref:
		return node{"t": "persid", "pid": tree(v.Pid)}
	default:
		return node{"t": fmt.Sprintf("%T", v)}
	}
}

func refused(err any) node {
	return node{"error": "malformed", "message": fmt.Sprint(err)}
}

func dump(protocol string, value any) node {
	number, _ := strconv.Atoi(protocol)
	var out bytes.Buffer
	config := &ogorek.EncoderConfig{Protocol: number}
	if err := ogorek.NewEncoderWithConfig(&out, config).Encode(value); err != nil {
		return refused(err)
	}
	return node{"pickle": hex.EncodeToString(out.Bytes())}
}

func answer(line string) (result node) {
	defer func() {
		if err := recover(); err != nil {
			result = refused(err)
		}
	}()
	words := strings.Split(line, " ")
	pickle, _ := hex.DecodeString(strings.TrimPrefix(words[2], "-"))
	value, err := ogorek.NewDecoder(bytes.NewReader(pickle)).Decode()
	if err != nil {
		return refused(err)
	}
	switch words[0] {
	case "accept":
		return node{"accepted": true}
	case "dump":
		return dump(words[1], value)
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
