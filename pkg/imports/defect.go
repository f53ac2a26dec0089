package imports

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// DefectError says that reading an input went wrong by our own fault. An
// import that fails is better than a plugin or a service that ends.
type DefectError struct {
	File  string
	Line  int    // reached; 0 is not known
	What  string // as the runtime says it
	Where string // in our source
}

func (e *DefectError) Error() string {
	file := e.File
	if e.Line > 0 {
		file = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("numalens failed on %s; this is a defect of numalens, please report it with the file: %s at %s", file, e.What, e.Where)
}

// guarded makes an error of a panic.
func guarded(file string, line func() int, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &DefectError{File: file, Line: line(), What: fmt.Sprint(r), Where: culprit()}
		}
	}()
	return do()
}

// culprit is the innermost place of our own that was running when it
// panicked; called by who recovered.
func culprit() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "/numalens/") && !strings.Contains(f.Function, "imports.guarded") {
			return fmt.Sprintf("%s/%s:%d", path.Base(path.Dir(f.File)), path.Base(f.File), f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
