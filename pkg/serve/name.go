package serve

import (
	"io/fs"
	"path"
	"strings"
)

// kind is what a file of an export is, as far as its bytes may change.
type kind int

const (
	notServed kind = iota
	document       // JSON, replaced as a whole by renaming
	sealed         // Parquet, never changes
	tail           // Arrow IPC stream, only grows
)

// servable tells which names are part of an export. It is a list of what is
// served, so that a file that someone puts beside the runs (a key, a token, a
// half-written temporary) is not.
func servable(name string) kind {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") {
		return notServed
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return notServed
		}
	}
	switch path.Ext(name) {
	case ".json":
		return document
	case ".parquet":
		return sealed
	case ".arrows":
		return tail
	}
	return notServed
}

func (k kind) contentType() string {
	switch k {
	case document:
		return "application/json"
	case sealed:
		return "application/vnd.apache.parquet"
	case tail:
		return "application/vnd.apache.arrow.stream"
	}
	return ""
}
