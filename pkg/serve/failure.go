package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
)

// Failure is a request that an agent did not answer as wanted: one sentence
// for whoever typed the address.
type Failure struct {
	URL     string
	Problem string  // what was wrong
	Remedy  string  // what to do; may be ""
	Setting Setting // of the client, where it is about another one than the URL
	Err     error   // what it rests on; may be nil
}

func (f *Failure) Error() string {
	s := "agent " + f.URL + ": " + f.Problem
	if f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

func (f *Failure) Unwrap() error { return f.Err }

// unreached words an error of the transport: no answer came.
func (c *Client) unreached(err error) error {
	f := &Failure{URL: c.base.String(), Err: err}
	var (
		pin      *pinError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		dns      *net.DNSError
	)
	switch {
	case errors.As(err, &pin):
		f.Problem, f.Setting = pin.Error(), SettingFingerprint
		f.Remedy = "if the agent's certificate was renewed on purpose, pin the new fingerprint, else someone may stand between"
	case errors.As(err, &unknown):
		f.Problem = "its certificate" + shownFingerprint(unknown.Cert) + " is signed by no CA trusted here"
		f.Setting = SettingCAFile
		f.Remedy = "set the CA file, or pin the fingerprint after comparing it with what `numalens-agent cert` printed"
	case errors.As(err, &hostname):
		f.Problem = "its certificate is for other names than " + hostname.Host
		f.Setting = SettingServerName
		f.Remedy = "use a name that the certificate holds, or set the server name or fingerprint"
	case errors.As(err, &invalid):
		f.Problem = "its certificate is not valid (" + invalid.Error() + ")"
		f.Remedy = "renew it, or pin its fingerprint"
	case errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record):
		f.Problem = "it answers without TLS"
		f.Remedy = "use http:// if it is on this host, or give the agent a certificate"
	case errors.As(err, &dns):
		f.Problem = "the name " + dns.Name + " is not known"
		f.Remedy = "check the host in the URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Problem = "nothing listens there"
		f.Remedy = "check that `numalens-agent serve` runs and listens on this address and port"
	case errors.Is(err, context.Canceled):
		f.Problem = "the request was cancelled"
	case isTimeout(err):
		f.Problem = "no answer in time"
		f.Remedy = "check the address and that no firewall is between, or raise the timeout"
	default:
		f.Problem = "not reachable (" + innermost(err) + ")"
		f.Remedy = "check the address, the network and a proxy if one is set"
	}
	return f
}

// check words an answer that is not the file: anything but 200, 206, 304 and
// 416, or an answer that no agent gives.
func (c *Client) check(r *http.Response, name string) error {
	f := &Failure{URL: c.base.String()}
	spoken, isAgent := strconv.Atoi(r.Header.Get(protocolHeader))
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400 && r.StatusCode != http.StatusNotModified:
		f.Problem = "it redirects elsewhere, which is not followed because the token is for this address only"
		f.Remedy = "give the final address"
	case isAgent != nil && r.StatusCode == http.StatusBadRequest && c.base.Scheme == "http":
		f.Problem = "it does not answer plain HTTP"
		f.Remedy = "use https://"
	case isAgent != nil:
		f.Problem = fmt.Sprintf("what answers is not a numalens agent (status %d%s)", r.StatusCode, contentKind(r))
		f.Remedy = "check host, port and path of the URL"
	case spoken > Protocol:
		f.Problem = fmt.Sprintf("it speaks protocol %d, and this program only %d", spoken, Protocol)
		f.Remedy = "update numalens here"
	case r.StatusCode == http.StatusUnauthorized && c.token == "":
		f.Problem, f.Setting = "it wants a token, and none is set", SettingToken
		f.Remedy = "set the token that its token_file holds"
	case r.StatusCode == http.StatusUnauthorized:
		f.Problem, f.Setting = "the token is wrong", SettingToken
		f.Remedy = "set the token that its token_file holds"
	case r.StatusCode == http.StatusNotFound:
		f.Problem = "it has no file " + name
		f.Err = fs.ErrNotExist
	case r.StatusCode == http.StatusPreconditionFailed:
		f.Problem = name + " was replaced while it was read"
		f.Remedy = "read it again"
		f.Err = errReplaced
	case r.StatusCode == http.StatusServiceUnavailable:
		f.Problem = "it is busy with other readers"
		f.Remedy = "try again, or let fewer programs read from it at once"
	case r.StatusCode == http.StatusMisdirectedRequest:
		f.Problem = "without a token it answers only as localhost"
		f.Remedy = "use localhost or 127.0.0.1 in the URL, or give the agent a token"
	case !understood(r.StatusCode):
		f.Problem = fmt.Sprintf("status %d for %s", r.StatusCode, name)
		f.Remedy = "see the agent's log"
	default:
		return nil
	}
	return f
}

var errReplaced = errors.New("replaced while it was read")

func understood(status int) bool {
	switch status {
	case http.StatusOK, http.StatusPartialContent, http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

func shownFingerprint(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return " (fingerprint " + Fingerprint(c.Raw) + ")"
}

func contentKind(r *http.Response) string {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind == "" {
		return ""
	}
	return ", " + kind
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// innermost is the message without the "Get URL:" and "dial tcp" around it.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
