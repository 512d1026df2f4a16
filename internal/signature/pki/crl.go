package pki

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrList is returned for bytes that are no revocation list of the centre, or
// for one that covers only a part of its certificates.
var ErrList = errors.New("not a whole revocation list of the centre")

// MaxList is how long a revocation list may be, in bytes.
const MaxList = 32 << 20

// RevocationList is a list that was checked to be its centre's.
type RevocationList struct {
	This    time.Time // when it was issued
	Next    time.Time // when the next one is due
	serials map[string]struct{}
}

// ParseList reads a list (DER) that the centre signed. It returns ErrList.
func ParseList(raw []byte, centre *Certificate) (*RevocationList, error) {
	list, err := x509.ParseRevocationList(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	oid, _, err := outer(raw)
	if err != nil {
		return nil, ErrList
	}
	switch {
	case !bytes.Equal(list.RawIssuer, centre.RawSubject),
		centre.KeyUsage != 0 && centre.KeyUsage&x509.KeyUsageCRLSign == 0,
		centre.vouches(oid, list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature) != nil:
		return nil, fmt.Errorf("%w: it is not signed by it", ErrList)
	}
	for _, e := range list.Extensions {
		if e.Critical { // a list of changes, or of some certificates only
			return nil, fmt.Errorf("%w: extension %s", ErrList, e.Id)
		}
	}
	l := &RevocationList{This: list.ThisUpdate, Next: list.NextUpdate, serials: make(map[string]struct{}, len(list.RevokedCertificateEntries))}
	for _, e := range list.RevokedCertificateEntries {
		const removed = 8 // removeFromCRL
		if e.ReasonCode != removed {
			l.serials[string(e.SerialNumber.Bytes())] = struct{}{}
		}
	}
	return l, nil
}

// Len is how many certificates are revoked.
func (l *RevocationList) Len() int { return len(l.serials) }

// Of returns what the list says of a certificate at a time: "", Revoked or
// StaleList. A list issued after that time serves too.
func (l *RevocationList) Of(c *Certificate, at time.Time) Reason {
	if _, ok := l.serials[string(c.SerialNumber.Bytes())]; ok {
		return Revoked
	}
	if l.Next.IsZero() || at.After(l.Next) {
		return StaleList
	}
	return ""
}

// ListAddresses are where the certificate says that its centre publishes its
// revocation list, those that can be asked by HTTP.
func (c *Certificate) ListAddresses() []string {
	return slices.DeleteFunc(slices.Clone(c.CRLDistributionPoints), func(s string) bool { return !webAddress(s) })
}
