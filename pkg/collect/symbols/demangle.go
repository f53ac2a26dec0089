package symbols

import (
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// longestMangled bounds what is demangled: a name of nested templates grows
// with the square of its length.
const longestMangled = 2 << 10

// readable makes a name of C++ or Rust what it is in the source, without the
// types of arguments. Others are as they are.
func readable(name string) string {
	if len(name) > longestMangled || !strings.HasPrefix(name, "_Z") && !strings.HasPrefix(name, "_R") && !strings.HasPrefix(name, "__Z") {
		return name
	}
	return demangle.Filter(name, demangle.NoParams, demangle.MaxLength(10))
}
