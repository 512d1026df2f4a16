package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"kabinet/internal/platform/gost"
)

var (
	// ErrCertificate is returned for bytes that are no certificate with a key
	// that can be checked.
	ErrCertificate = errors.New("not a certificate that can be checked")
	// ErrSignature is returned when a signature does not fit.
	ErrSignature = errors.New("the signature does not fit")
)

// Certificate is a certificate with the key that Go knows or a GOST one.
type Certificate struct {
	*x509.Certificate
	gost *gost.PublicKey // nil for RSA and ECDSA
	sig  string          // OID of the algorithm of its own signature
}

// minimalRSA is the shortest RSA key that is believed, in bits.
const minimalRSA = 2048

// ParseCertificate reads one certificate of DER. It returns ErrCertificate and
// gost.ErrOutdated.
func ParseCertificate(raw []byte) (*Certificate, error) {
	x, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	c := &Certificate{Certificate: x}
	if c.sig, _, err = outer(raw); err != nil {
		return nil, err
	}
	switch key := x.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minimalRSA {
			return nil, fmt.Errorf("%w: RSA of %d bits", ErrCertificate, key.N.BitLen())
		}
	case *ecdsa.PublicKey:
	default:
		if c.gost, err = gost.ParsePublicKey(x.RawSubjectPublicKeyInfo); err != nil {
			if errors.Is(err, gost.ErrOutdated) {
				return nil, err
			}
			return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
		}
	}
	return c, nil
}

// ParsePEM reads certificates, skipping what stands between them.
func ParsePEM(text []byte) (all []*Certificate, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return all, nil
		}
		text = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
}

// outer returns the algorithm of a certificate's or revocation list's
// signature, and the signature.
func outer(raw []byte) (algorithm string, signature []byte, err error) {
	in := cryptobyte.String(raw)
	var whole cryptobyte.String
	if !in.ReadASN1(&whole, der.SEQUENCE) || !in.Empty() || !whole.SkipASN1(der.SEQUENCE) {
		return "", nil, ErrCertificate
	}
	oid, ok := readAlgorithm(&whole)
	if !ok || !whole.ReadASN1BitStringAsBytes(&signature) || !whole.Empty() {
		return "", nil, ErrCertificate
	}
	return oid, signature, nil
}

// readAlgorithm reads an AlgorithmIdentifier whose parameters are NULL or absent.
func readAlgorithm(in *cryptobyte.String) (oid string, ok bool) {
	var algorithm, null cryptobyte.String
	var id asn1.ObjectIdentifier
	if !in.ReadASN1(&algorithm, der.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id) {
		return "", false
	}
	if !algorithm.Empty() && (!algorithm.ReadASN1(&null, der.NULL) || !null.Empty() || !algorithm.Empty()) {
		return "", false
	}
	return id.String(), true
}

// vouches returns nil when sig is this certificate's signature over data by the
// algorithm, of which Go's name is known too.
func (c *Certificate) vouches(oid string, known x509.SignatureAlgorithm, data, sig []byte) error {
	if c.gost == nil {
		if err := c.CheckSignature(known, data, sig); err != nil {
			return ErrSignature
		}
		return nil
	}
	want := gost.OIDSignature256
	if c.gost.Curve.Size == gost.Size512 {
		want = gost.OIDSignature512
	}
	if oid != want || !c.gost.Verify(c.gost.Digest(data), sig) {
		return ErrSignature
	}
	return nil
}

// issued reports whether c's key signed o.
func (c *Certificate) issued(o *Certificate) bool {
	if len(o.AuthorityKeyId) > 0 && len(c.SubjectKeyId) > 0 && !bytes.Equal(o.AuthorityKeyId, c.SubjectKeyId) {
		return false // another key of the same centre
	}
	return bytes.Equal(c.RawSubject, o.RawIssuer) && c.vouches(o.sig, o.SignatureAlgorithm, o.RawTBSCertificate, o.Signature) == nil
}

// mayIssue reports whether c is a centre's certificate, with at most below
// centres under it.
func (c *Certificate) mayIssue(below int) bool {
	return c.BasicConstraintsValid && c.IsCA && (c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageCertSign != 0) &&
		(c.MaxPathLen < 0 || c.MaxPathLen == 0 && !c.MaxPathLenZero || below <= c.MaxPathLen) && len(c.UnhandledCriticalExtensions) == 0
}

// GOST reports whether the key is a Russian one.
func (c *Certificate) GOST() bool { return c.gost != nil }

// Algorithm names the key for people: «ГОСТ Р 34.10-2012, 256».
func (c *Certificate) Algorithm() string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	}
	return fmt.Sprintf("ГОСТ Р 34.10-2012, %d", c.gost.Curve.Size*8)
}

// Print is the SHA-256 of the certificate in hex.
func (c *Certificate) Print() string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Serial is the serial number in hex, as lists print it.
func (c *Certificate) Serial() string { return fmt.Sprintf("%X", c.SerialNumber) }

// ValidAt reports whether t lies in the certificate's term.
func (c *Certificate) ValidAt(t time.Time) bool { return validAt(c.Certificate, t) }

func validAt(c *x509.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

// Subject is who a certificate was issued to. What it does not say is "".
type Subject struct {
	Surname    string
	Name       string
	Patronymic string
	Common     string // how the certificate calls its owner as a whole
	SNILS      string // 11 digits
	INN        string // of a person, 12 digits
	OrgINN     string // 10 digits
	OGRN       string
	OGRNIP     string
	Company    string
}

// Attributes of subjects. Source: order of the FSB 795 of 27.12.2011.
const (
	oidSurname = "2.5.4.4"
	oidGiven   = "2.5.4.42"
	oidSNILS   = "1.2.643.100.3"
	oidINN     = "1.2.643.3.131.1.1"
	oidOrgINN  = "1.2.643.100.4"
	oidOGRN    = "1.2.643.100.1"
	oidOGRNIP  = "1.2.643.100.5"

	classes = "1.2.643.100.113." // policies of classes of signing tools
)

// Holder returns who the certificate was issued to.
func (c *Certificate) Holder() Subject {
	s := Subject{Common: c.Subject.CommonName, Company: strings.Join(c.Subject.Organization, ", ")}
	for _, a := range c.Subject.Names {
		v, ok := a.Value.(string)
		if v = strings.Join(strings.Fields(v), " "); !ok || v == "" {
			continue
		}
		switch a.Type.String() {
		case oidSurname:
			s.Surname = v
		case oidGiven:
			s.Name, s.Patronymic, _ = strings.Cut(v, " ")
		case oidSNILS:
			s.SNILS = digits(v)
		case oidINN:
			s.INN = digits(v)
		case oidOrgINN:
			s.OrgINN = digits(v)
		case oidOGRN:
			s.OGRN = digits(v)
		case oidOGRNIP:
			s.OGRNIP = digits(v)
		}
	}
	// Older certificates have an organisation's ИНН in the person's place, with
	// two zeros before it.
	if s.OGRN != "" && strings.HasPrefix(s.INN, "00") && len(s.INN) == 12 && s.OrgINN == "" {
		s.OrgINN, s.INN = s.INN[2:], ""
	}
	return s
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Class is the class of the owner's signing tool that a policy names: «КС1», ""
// when none is named, so that the certificate is not a qualified one.
func (c *Certificate) Class() string {
	names := []string{"КС1", "КС2", "КС3", "КВ1", "КВ2", "КА1"}
	best := ""
	for _, p := range c.Policies {
		n, ok := strings.CutPrefix(p.String(), classes)
		if i := slices.Index([]string{"1", "2", "3", "4", "5", "6"}, n); ok && i >= slices.Index(names, best) {
			best = names[i]
		}
	}
	return best
}

// maySign reports whether the owner may sign and sign in with the certificate:
// neither a centre's nor one for servers or programs.
func (c *Certificate) maySign() bool {
	if c.IsCA || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 || len(c.UnhandledCriticalExtensions) > 0 {
		return false
	}
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	signing := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36} // id-kp-documentSigning
	return slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageAny || u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageEmailProtection
	}) || slices.ContainsFunc(c.UnknownExtKeyUsage, signing.Equal)
}
