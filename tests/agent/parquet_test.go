package agent_test

import (
	"os"

	"github.com/parquet-go/parquet-go"
)

// rowsOfParquet reads a file's own count of its rows.
func rowsOfParquet(file string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	p, err := parquet.OpenFile(f, st.Size())
	if err != nil {
		return 0, err
	}
	return p.NumRows(), nil
}
