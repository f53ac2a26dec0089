package export

import (
	"sync"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// zstdCodec takes the place of arrow-go's own zstd, which makes encoders
// with a history of 16 MB each, anew after each garbage collection: more
// than all else that sealing holds. A page is rarely larger than our window.
type zstdCodec struct {
	compress.Codec
	enc *zstd.Encoder
}

func (z zstdCodec) Encode(dst, src []byte) []byte { return z.enc.EncodeAll(src, dst[:0]) }

func (z zstdCodec) EncodeLevel(dst, src []byte, _ int) []byte { return z.Encode(dst, src) }

// useSmallZstd is called before the first file is written, not by an init:
// a program that only reads does without.
var useSmallZstd = sync.OnceValue(func() error {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	if err != nil {
		return err
	}
	old, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		return err
	}
	compress.RegisterCodec(compress.Codecs.Zstd, zstdCodec{old, enc})
	return nil
})
