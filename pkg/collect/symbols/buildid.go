package symbols

import (
	"encoding/binary"
	"encoding/hex"
)

// gnuBuildID is the type of a note that names a build, by the owner "GNU".
const gnuBuildID = 3

// buildID finds the build-id among the notes of an ELF file, or of the kernel:
// each is three words (length of the owner's name, of the content, type), the
// two padded to four bytes. "" is none.
func buildID(notes []byte) string {
	for len(notes) >= 12 {
		owner, content := binary.LittleEndian.Uint32(notes), binary.LittleEndian.Uint32(notes[4:])
		kind := binary.LittleEndian.Uint32(notes[8:])
		notes = notes[12:]
		name, rest, ok := padded(notes, owner)
		if !ok {
			return ""
		}
		desc, rest, ok := padded(rest, content)
		if !ok {
			return ""
		}
		if kind == gnuBuildID && string(name) == "GNU\x00" && len(desc) > 0 && len(desc) <= 64 {
			return hex.EncodeToString(desc)
		}
		notes = rest
	}
	return ""
}

// padded takes n bytes and what fills them up to a multiple of four. The last
// may go without.
func padded(b []byte, n uint32) (part, rest []byte, ok bool) {
	if uint64(n) > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[min((uint64(n)+3)&^3, uint64(len(b))):], true
}
