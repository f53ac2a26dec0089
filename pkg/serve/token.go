package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// bearer is the token that requests must show; the zero value wants none.
// Only its hash is kept: comparing hashes takes the same time whatever the
// length and wherever the first difference is.
type bearer struct {
	wanted bool
	sum    [sha256.Size]byte
}

func newBearer(token string) bearer {
	return bearer{wanted: token != "", sum: sha256.Sum256([]byte(token))}
}

func (b bearer) admits(r *http.Request) bool {
	if !b.wanted {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], b.sum[:]) == 1
}
