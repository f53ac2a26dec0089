package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// certificateLife is long because a pinned certificate is replaced by hand on
// both sides; its expiry guards nothing that the pin does not.
const certificateLife = 10 * 365 * 24 * time.Hour

// Certificate is a self-signed certificate on disk.
type Certificate struct {
	CertFile, KeyFile string
	Fingerprint       string // SHA-256, as Fingerprint writes it
}

// CreateCertificate makes a key and a self-signed certificate for the given
// host names and addresses, cert.pem and key.pem in dir. It overwrites
// nothing.
func CreateCertificate(dir string, hosts []string, now time.Time) (Certificate, error) {
	c := Certificate{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	der, key, err := selfSigned(hosts, now)
	if err != nil {
		return Certificate{}, fmt.Errorf("create certificate: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Certificate{}, fmt.Errorf("create certificate: %w", err)
	}
	if err := writeNew(c.KeyFile, "PRIVATE KEY", key, 0o600); err != nil {
		return Certificate{}, err
	}
	if err := writeNew(c.CertFile, "CERTIFICATE", der, 0o644); err != nil {
		os.Remove(c.KeyFile)
		return Certificate{}, err
	}
	c.Fingerprint = Fingerprint(der)
	return c, nil
}

func selfSigned(hosts []string, now time.Time) (der, pkcs8 []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "numalens-agent"},
		NotBefore:    now.Add(-time.Hour), // clocks of two hosts differ
		NotAfter:     now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	if der, err = x509.CreateCertificate(rand.Reader, t, t, key.Public(), key); err != nil {
		return nil, nil, err
	}
	pkcs8, err = x509.MarshalPKCS8PrivateKey(key)
	return der, pkcs8, err
}

func writeNew(path, block string, der []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create certificate: %s exists; name another directory or remove it first", path)
	}
	if err != nil {
		return fmt.Errorf("create certificate: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: block, Bytes: der})
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("create certificate: %w", err)
	}
	return nil
}

// Fingerprint is the SHA-256 of a certificate in DER form, as openssl and
// browsers write it: pairs of hex digits with colons.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return colons(sum[:])
}

func colons(sum []byte) string {
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// parseFingerprint takes hex digits of either case, with or without colons,
// spaces and a "sha256:" before them.
func parseFingerprint(s string) ([]byte, error) {
	digits := strings.ToLower(strings.TrimSpace(s))
	digits = strings.TrimPrefix(digits, "sha256:")
	digits = strings.NewReplacer(":", "", " ", "").Replace(digits)
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("certificate fingerprint %q: want the SHA-256 as 64 hex digits, with or without colons", s)
	}
	return sum, nil
}
