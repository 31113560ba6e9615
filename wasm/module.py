"""Reads what a wasm file says of itself: imports, exports, the size of each function, names."""
import pathlib

CUSTOM, IMPORT, FUNCTION, EXPORT, CODE, DATA = 0, 2, 3, 7, 10, 11
KINDS = ["func", "table", "memory", "global", "tag"]


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def uint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self):
        size = self.uint()
        self.at += size
        return self.data[self.at - size:self.at].decode("utf-8", "replace")

    def limits(self):
        flags = self.uint()
        return flags, self.uint(), self.uint() if flags & 1 else None


def sections(data):
    """(kind, name, start, content, end) of each section, the last three as offsets; what is not custom is named by its
    number."""
    if data[:8] != b"\0asm\1\0\0\0":
        raise ValueError("a wasm module starts with \\0asm 1")
    reader = Reader(data, 8)
    while reader.at < len(data):
        start = reader.at
        kind, size = reader.byte(), reader.uint()
        content, end = reader.at, reader.at + size
        yield kind, reader.text() if kind == CUSTOM else str(kind), start, content, end
        reader.at = end


def without(data, names):
    """The file without its sections of these names."""
    return data[:8] + b"".join(data[start:end] for _, name, start, _, end in sections(data) if name not in names)


class Module:
    """One wasm file, its sections parsed as far as sizes and names go.

    imports    [(module, name, kind, limits or None)]
    exports    {name: (kind, index)}
    bodies     [bytes of function body], the index of the first is `imported_functions`
    names      {function index: name}, empty where the file is stripped
    sections   {section name: bytes, headers included}
    data       [(bytes of a data segment)]
    memory_flag_offset   where in the file the flags byte of the imported memory is, or None
    """

    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        self.imports, self.exports, self.bodies, self.names = [], {}, [], {}
        self.sections, self.data, self.imported_functions, self.memory_flag_offset = {}, [], 0, None
        for kind, name, start, content, end in sections(self.bytes):
            self.sections[name] = self.sections.get(name, 0) + end - start
            self._section(kind, name, Reader(self.bytes, content), end)

    def _section(self, kind, label, r, end):
        if kind == IMPORT:
            for _ in range(r.uint()):
                module, name, what, limits = r.text(), r.text(), KINDS[r.byte()], None
                if what == "func":
                    r.uint()
                    self.imported_functions += 1
                elif what == "table":
                    r.byte()
                    limits = r.limits()
                elif what == "memory":
                    self.memory_flag_offset = r.at
                    limits = r.limits()
                else:
                    r.at += 2
                self.imports.append((module, name, what, limits))
        elif kind == EXPORT:
            for _ in range(r.uint()):
                name = r.text()
                self.exports[name] = (KINDS[r.byte()], r.uint())
        elif kind == CODE:
            for _ in range(r.uint()):
                size = r.uint()
                self.bodies.append(size)
                r.at += size
        elif kind == DATA:
            for _ in range(r.uint()):
                if r.uint() == 0:  # active: i32.const offset, end
                    while r.byte() != 0x0B:
                        pass
                size = r.uint()
                self.data.append(size)
                r.at += size
        elif label == "name":
            r.text()
            while r.at < end:
                part, size = r.byte(), r.uint()
                after = r.at + size
                if part == 1:
                    for _ in range(r.uint()):
                        index = r.uint()
                        self.names[index] = r.text()
                r.at = after

    def functions(self):
        """(name, bytes) of every function the file defines."""
        for i, size in enumerate(self.bodies):
            index = i + self.imported_functions
            yield self.names.get(index, f"func[{index}]"), size
