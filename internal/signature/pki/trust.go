package pki

import (
	"bytes"
	"slices"
	"time"
)

// Span is a time during which something held.
type Span struct {
	From time.Time
	To   time.Time // zero: it still does
}

// Anchor is a centre's certificate that is trusted.
type Anchor struct {
	Certificate *Certificate
	Centre      string   // name of the centre
	Lists       []string // addresses of its revocation lists
	// Spans are when the centre was accredited; nil: the operator vouches for it.
	Spans []Span
}

func (a *Anchor) accredited(at time.Time) bool {
	return a.Spans == nil || slices.ContainsFunc(a.Spans, func(s Span) bool { return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To)) })
}

// Trust is the centres that are trusted.
type Trust struct {
	anchors []*Anchor
	byName  map[string][]*Anchor
}

// NewTrust returns the trust in anchors. When two are of the same centre and
// key, the one that knows of accreditation counts.
func NewTrust(anchors ...Anchor) *Trust {
	t := &Trust{byName: map[string][]*Anchor{}}
	add := func(a Anchor) {
		name := string(a.Certificate.RawSubject)
		if slices.ContainsFunc(t.byName[name], func(b *Anchor) bool {
			return bytes.Equal(a.Certificate.RawSubjectPublicKeyInfo, b.Certificate.RawSubjectPublicKeyInfo) && (a.Spans == nil && b.Spans != nil || bytes.Equal(a.Certificate.Raw, b.Certificate.Raw))
		}) {
			return
		}
		t.anchors = append(t.anchors, &a)
		t.byName[name] = append(t.byName[name], &a)
	}
	for _, accredited := range []bool{true, false} {
		for _, a := range anchors {
			if (a.Spans != nil) == accredited {
				add(a)
			}
		}
	}
	return t
}

// Anchors returns all of them.
func (t *Trust) Anchors() []*Anchor { return t.anchors }

// has reports whether the certificate itself is trusted.
func (t *Trust) has(c *Certificate) bool {
	return slices.ContainsFunc(t.byName[string(c.RawSubject)], func(a *Anchor) bool { return bytes.Equal(a.Certificate.Raw, c.Raw) })
}

// issuer returns the trusted centre that issued c, nil when none did. Of
// several certificates for one key it takes the one that lasts longest.
func (t *Trust) issuer(c *Certificate) *Anchor {
	var best *Anchor
	for _, a := range t.byName[string(c.RawIssuer)] {
		if a.Certificate.mayIssue(0) && a.Certificate.issued(c) && (best == nil || a.Certificate.NotAfter.After(best.Certificate.NotAfter)) {
			best = a
		}
	}
	return best
}

// Limits of a search for a path.
const (
	maxDepth = 6
	maxTries = 40 // signatures that are checked
)

// path returns the certificates from c to a trusted centre's, which is the
// last, or c alone and nil. A centre that is trusted ends the path: what lies
// above it is not looked at.
func (t *Trust) path(c *Certificate, more []*Certificate) ([]*Certificate, *Anchor) {
	tries := maxTries
	var climb func(path []*Certificate) ([]*Certificate, *Anchor)
	climb = func(path []*Certificate) ([]*Certificate, *Anchor) {
		last, below := path[len(path)-1], len(path)-1
		if a := t.issuer(last); a != nil && a.Certificate.mayIssue(below) {
			return append(path, a.Certificate), a
		}
		if len(path) == maxDepth {
			return nil, nil
		}
		for _, up := range more {
			if tries == 0 || slices.Contains(path, up) || !bytes.Equal(up.RawSubject, last.RawIssuer) || !up.mayIssue(below) {
				continue
			}
			if tries--; !up.issued(last) {
				continue
			}
			if whole, a := climb(append(slices.Clone(path), up)); a != nil {
				return whole, a
			}
		}
		return nil, nil
	}
	if whole, a := climb([]*Certificate{c}); a != nil {
		return whole, a
	}
	return []*Certificate{c}, nil
}
