package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"errors"
	"slices"
	"time"

	"kabinet/internal/platform/gost"
)

// State is the outcome of a step.
type State string

// The outcomes.
const (
	Valid   State = "valid"
	Invalid State = "invalid"
	Unknown State = "unknown" // could not be checked
)

// Step is one thing that is checked.
type Step string

// Steps in the order in which they are checked.
const (
	Form       Step = "form"       // a detached signature that can be read
	Content    Step = "content"    // of this content
	Named      Step = "named"      // by the certificate that the signer named
	Value      Step = "value"      // with the certificate's key
	Chain      Step = "chain"      // issued by a centre that is trusted
	Purpose    Step = "purpose"    // may be used for signing
	Term       Step = "term"       // was valid at the time
	Revocation Step = "revocation" // was not revoked
)

// Reason says why a step did not come out valid.
type Reason string

// Reasons.
const (
	Broken        Reason = "broken"         // not a signature, or a damaged one
	TooLarge      Reason = "too_large"      // beyond the limits
	Attached      Reason = "attached"       // the content is inside
	Several       Reason = "several"        // more than one signer
	Bare          Reason = "bare"           // does not name its certificate: not CAdES-BES
	Stamped       Reason = "stamped"        // carries a time stamp or other unsigned additions
	Outdated      Reason = "outdated"       // GOST of 2001 or 1994, SHA-1
	Algorithm     Reason = "algorithm"      // unknown algorithms, or ones that do not agree
	NoCertificate Reason = "no_certificate" // the signer's certificate is not in the file
	Stray         Reason = "stray"          // another certificate in the file is damaged or of nobody known
	OtherContent  Reason = "other_content"  // of another file
	OtherSigner   Reason = "other_signer"   // another certificate was meant
	Forged        Reason = "forged"         // the value does not fit
	UnknownRoot   Reason = "unknown_root"   // no trusted centre
	Unaccredited  Reason = "unaccredited"   // the centre's accreditation did not hold at the time
	WrongPurpose  Reason = "wrong_purpose"  // not for signing
	Expired       Reason = "expired"
	NotYet        Reason = "not_yet"
	CentreTerm    Reason = "centre_term" // the centre's certificate was not valid
	Revoked       Reason = "revoked"
	NoList        Reason = "no_list"    // no revocation list could be had
	StaleList     Reason = "stale_list" // the list is past its term
	Unreached     Reason = "unreached"  // an earlier step failed
)

// Check is the outcome of a step.
type Check struct {
	Step   Step
	State  State
	Reason Reason // "" when valid
}

// Report is what is known of a signature or certificate.
type Report struct {
	Checks []Check
	Signer *Certificate // nil when the file could not be read
	Path   []*Certificate
	Centre string    // name of the trusted centre, "" when there is none
	Signed time.Time // by the signer's clock, which nobody vouches for; zero when not told
}

// Verdict returns the first step that is invalid, else the first that could not
// be checked, else a valid one.
func (r Report) Verdict() Check {
	for _, s := range []State{Invalid, Unknown} {
		if i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.State == s }); i >= 0 {
			return r.Checks[i]
		}
	}
	return Check{State: Valid}
}

// Qualified reports whether all is valid, the key and the whole chain are of
// GOST, and a policy names the class of the owner's tool: what 63-FZ 5 calls an
// enhanced qualified signature.
func (r Report) Qualified() bool {
	return r.Verdict().State == Valid && r.Signer != nil && r.Signer.Class() != "" && !slices.ContainsFunc(r.Path, func(c *Certificate) bool { return !c.GOST() })
}

func (r *Report) add(step Step, why Reason) bool {
	state := Valid
	switch why {
	case "":
	case NoList, StaleList, Unreached:
		state = Unknown
	default:
		state = Invalid
	}
	r.Checks = append(r.Checks, Check{step, state, why})
	return state == Valid
}

// Revoker tells whether the issuer revoked the certificate: "", Revoked, NoList
// or StaleList.
type Revoker func(c, issuer *Certificate) Reason

// Conditions are what a certificate is checked against.
type Conditions struct {
	At      time.Time // when it was used
	Trust   *Trust
	Revoked Revoker
}

// Verify checks a detached signature (DER) over content.
func Verify(signature, content []byte, with Conditions) Report {
	var r Report
	m, why := parse(signature)
	if !r.add(Form, why) {
		for _, step := range []Step{Content, Named, Value, Chain, Purpose, Term, Revocation} {
			r.add(step, Unreached)
		}
		return r
	}
	r.Signer, r.Signed = m.signer, m.signed
	if hmac.Equal(m.digest.sum(content), m.content) {
		r.add(Content, "")
	} else {
		r.add(Content, OtherContent)
	}
	if hmac.Equal(m.certDigest.sum(m.signer.Raw), m.certHash) {
		r.add(Named, "")
	} else {
		r.add(Named, OtherSigner)
	}
	r.add(Value, m.check())
	r.examine(m.signer, m.certificates, with)
	if i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Step == Chain }); r.Checks[i].State == Valid && m.stray(r.Path, with.Trust) {
		r.Checks[i] = Check{Chain, Invalid, Stray}
	}
	return r
}

// Examine checks a certificate by itself; more may be needed to get to a centre.
func Examine(c *Certificate, more []*Certificate, with Conditions) Report {
	r := Report{Signer: c}
	r.examine(c, more, with)
	return r
}

// check returns why the value does not fit, "" when it does.
func (m *message) check() Reason {
	set := bytes.Clone(m.attributes)
	set[0] = 0x31 // hashed as a SET, stored under a tag of its context
	digest := m.digest.sum(set)
	c := m.signer
	if c.gost != nil {
		key, sig, want := gost.OIDKey256, gost.OIDSignature256, gost.OIDDigest256
		if c.gost.Curve.Size == gost.Size512 {
			key, sig, want = gost.OIDKey512, gost.OIDSignature512, gost.OIDDigest512
		}
		switch {
		case m.digest.oid != want || m.algorithm != key && m.algorithm != sig:
			return Algorithm
		case !c.gost.Verify(digest, m.value):
			return Forged
		}
		return ""
	}
	if m.digest.hash == 0 {
		return Algorithm
	}
	named := map[string][]string{
		oidSHA256: {oidRSASHA256, oidECDSASHA256}, oidSHA384: {oidRSASHA384, oidECDSASHA384}, oidSHA512: {oidRSASHA512, oidECDSASHA512},
	}[m.digest.oid]
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if m.algorithm != oidRSA && m.algorithm != named[0] {
			return Algorithm
		}
		if rsa.VerifyPKCS1v15(key, m.digest.hash, digest, m.value) != nil {
			return Forged
		}
	case *ecdsa.PublicKey:
		if m.algorithm != named[1] {
			return Algorithm
		}
		if !ecdsa.VerifyASN1(key, digest, m.value) {
			return Forged
		}
	}
	return ""
}

// stray reports whether the file has a certificate that nobody known issued: a
// damaged one, or one that does not belong there. Nothing else signs them.
func (m *message) stray(path []*Certificate, trust *Trust) bool {
	return slices.ContainsFunc(m.certificates, func(c *Certificate) bool {
		if slices.Contains(path, c) || trust.has(c) {
			return false
		}
		for _, issuer := range m.certificates {
			if issuer.issued(c) {
				return false
			}
		}
		return trust.issuer(c) == nil
	})
}

// examine adds the steps that concern the certificate alone.
func (r *Report) examine(c *Certificate, more []*Certificate, with Conditions) {
	path, anchor := with.Trust.path(c, more)
	r.Path = path
	switch {
	case anchor == nil:
		r.add(Chain, UnknownRoot)
	case !anchor.accredited(with.At):
		r.Centre = anchor.Centre
		r.add(Chain, Unaccredited)
	default:
		r.Centre = anchor.Centre
		r.add(Chain, "")
	}
	if c.maySign() {
		r.add(Purpose, "")
	} else {
		r.add(Purpose, WrongPurpose)
	}
	r.add(Term, term(c, path, with.At))
	if anchor == nil {
		r.add(Revocation, Unreached)
		return
	}
	// The centre that is trusted is not asked about itself.
	worst := Reason("")
	for i := range len(path) - 1 {
		why := with.Revoked(path[i], path[i+1])
		if why == Revoked || worst == "" {
			worst = why
		}
		if why == Revoked {
			break
		}
	}
	r.add(Revocation, worst)
}

func term(c *Certificate, path []*Certificate, at time.Time) Reason {
	switch {
	case at.After(c.NotAfter):
		return Expired
	case at.Before(c.NotBefore):
		return NotYet
	}
	for _, p := range path {
		if !p.ValidAt(at) {
			return CentreTerm
		}
	}
	return ""
}

// Unreadable is the report of a certificate that could not be read: err is
// ParseCertificate's.
func Unreadable(err error) Report {
	why := Broken
	if errors.Is(err, gost.ErrOutdated) {
		why = Outdated
	}
	return Report{Checks: []Check{{Form, Invalid, why}}}
}
