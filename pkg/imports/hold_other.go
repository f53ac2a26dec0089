//go:build !unix

package imports

import (
	"errors"
	"os"
)

// hold knows no locks here: what an import that was killed left stays.
func hold(_ *os.File, wait bool) error {
	if wait {
		return nil
	}
	return errors.ErrUnsupported
}
