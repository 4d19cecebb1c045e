import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.Pickler;
import net.razorvine.pickle.Unpickler;
import net.razorvine.pickle.objects.ClassDict;

/** Answers `pkl5 conform` with net.razorvine.pickle. */
public final class Adapter {
  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || c > 0x7e) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** What was read, as a tree whose ids are those of the canonical order. */
  private static final class Tree {
    private final IdentityHashMap<Object, Integer> ids =
        new IdentityHashMap<>();
    private final StringBuilder out = new StringBuilder();

    String of(Object v) {
      node(v);
      return out.toString();
    }

    private void leaf(String kind, String value) {
      out.append("{\"t\": \"").append(kind).append("\", ").append(value);
      out.append('}');
    }

    private void bytes(String kind, byte[] v) {
      leaf(kind, "\"len\": " + v.length + ", \"hex\": \""
          + HexFormat.of().formatHex(v) + "\"");
    }

    private void items(String kind, Iterable<?> values) {
      open(kind);
      String comma = "";
      for (Object one : values) {
        out.append(comma);
        node(one);
        comma = ", ";
      }
      out.append("]}");
    }

    private void open(String kind) {
      out.append("{\"t\": \"").append(kind).append("\", \"id\": ");
      out.append(ids.size() - 1).append(", \"items\": [");
    }

    private void node(Object v) {
      if (v == null) {
        out.append("{\"t\": \"none\"}");
      } else if (v instanceof Boolean) {
        leaf("bool", "\"v\": " + v);
      } else if (v instanceof Integer || v instanceof Long
          || v instanceof Short || v instanceof Byte
          || v instanceof BigInteger) {
        leaf("int", "\"v\": \"" + v + "\"");
      } else if (v instanceof Double d) {
        leaf("float", String.format("\"bits\": \"%016x\"",
            Double.doubleToRawLongBits(d)));
      } else if (v instanceof BigDecimal) {
        leaf("decimal", "\"v\": \"" + v + "\"");
      } else if (v instanceof String s) {
        leaf("str", "\"cp\": " + s.codePointCount(0, s.length())
            + ", \"v\": " + quoted(s));
      } else if (v instanceof byte[] b) {
        bytes("bytes", b);
      } else if (ids.containsKey(v)) {
        leaf("ref", "\"id\": " + ids.get(v));
      } else {
        ids.put(v, ids.size());
        compound(v);
      }
    }

    private void compound(Object v) {
      if (v instanceof Object[] tuple) {
        items("tuple", java.util.Arrays.asList(tuple));
      } else if (v instanceof List<?> list) {
        items("list", list);
      } else if (v instanceof Set<?> set) {
        items("set", set);
      } else if (v instanceof Map<?, ?> map && !(v instanceof ClassDict)) {
        open("dict");
        String comma = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(comma).append('[');
          node(entry.getKey());
          out.append(", ");
          node(entry.getValue());
          out.append(']');
          comma = ", ";
        }
        out.append("]}");
      } else {
        leaf("other", "\"v\": " + quoted(v.getClass().getName()));
      }
    }
  }

  private static String answer(String line) {
    String[] words = line.split(" ");
    byte[] data = HexFormat.of().parseHex(words[2].equals("-") ? "" : words[2]);
    try {
      Object value = new Unpickler().loads(data);
      if (words[0].equals("accept")) {
        return "{\"accepted\": true}";
      }
      if (words[0].equals("dump")) {
        if (!words[1].equals("2")) {
          return "{\"skip\": \"writes protocol 2\"}";
        }
        return "{\"pickle\": \""
            + HexFormat.of().formatHex(new Pickler().dumps(value)) + "\"}";
      }
      return "{\"tree\": " + new Tree().of(value) + "}";
    } catch (Throwable error) {
      return "{\"error\": \"malformed\", \"message\": "
          + quoted(String.valueOf(error)) + "}";
    }
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(
        new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = new PrintStream(System.out, true, "US-ASCII");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(line));
    }
  }
}
