package pki

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"kabinet/internal/platform/gost"
)

// Limits of what is read from strangers.
const (
	MaxSignature    = 64 << 10 // bytes of a detached signature
	maxCertificates = 10
)

// message is a detached signature by one signer, read but not checked.
type message struct {
	certificates []*Certificate // the signer's among them
	signer       *Certificate
	digest       digestKind
	attributes   []byte // as they stand in the file
	contentType  string
	content      []byte // digest of the content
	certHash     []byte
	certDigest   digestKind
	signed       time.Time // by the signer's clock; zero when not told
	algorithm    string    // OID
	value        []byte
}

// digestKind is a hash that signatures are made with.
type digestKind struct {
	oid  string
	hash crypto.Hash // of the standard library, 0 for GOST
	size int         // bytes
}

const (
	oidSignedData      = "1.2.840.113549.1.7.2"
	oidData            = "1.2.840.113549.1.7.1"
	oidContentType     = "1.2.840.113549.1.9.3"
	oidMessageDigest   = "1.2.840.113549.1.9.4"
	oidSigningTime     = "1.2.840.113549.1.9.5"
	oidSigningCert     = "1.2.840.113549.1.9.16.2.12"
	oidSigningCertV2   = "1.2.840.113549.1.9.16.2.47"
	oidRSA             = "1.2.840.113549.1.1.1"
	oidRSASHA256       = "1.2.840.113549.1.1.11"
	oidRSASHA384       = "1.2.840.113549.1.1.12"
	oidRSASHA512       = "1.2.840.113549.1.1.13"
	oidECDSASHA256     = "1.2.840.10045.4.3.2"
	oidECDSASHA384     = "1.2.840.10045.4.3.3"
	oidECDSASHA512     = "1.2.840.10045.4.3.4"
	oidSHA1            = "1.3.14.3.2.26"
	oidSHA256          = "2.16.840.1.101.3.4.2.1"
	oidSHA384          = "2.16.840.1.101.3.4.2.2"
	oidSHA512          = "2.16.840.1.101.3.4.2.3"
	implicit0, signed0 = der.Tag(0xa0), der.Tag(0xa0)
	unsigned1          = der.Tag(0xa1)
	keyID0             = der.Tag(0x80)
)

var digestKinds = []digestKind{
	{oidSHA256, crypto.SHA256, 32}, {oidSHA384, crypto.SHA384, 48}, {oidSHA512, crypto.SHA512, 64},
	{gost.OIDDigest256, 0, gost.Size256}, {gost.OIDDigest512, 0, gost.Size512},
}

func (d digestKind) sum(data []byte) []byte {
	switch {
	case d.oid == gost.OIDDigest256:
		s := gost.Sum256(data)
		return s[:]
	case d.oid == gost.OIDDigest512:
		s := gost.Sum512(data)
		return s[:]
	}
	h := d.hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// kindOf returns the hash, or why it cannot be used.
func kindOf(oid string) (digestKind, Reason) {
	for _, d := range digestKinds {
		if d.oid == oid {
			return d, ""
		}
	}
	if oid == oidSHA1 || oid == gost.OIDDigest94 {
		return digestKind{}, Outdated
	}
	return digestKind{}, Algorithm
}

// Decode takes a signature as programs save it: DER, or base64 with or without
// the lines of PEM around it.
func Decode(file []byte) ([]byte, bool) {
	if len(file) > 2*MaxSignature {
		return nil, false
	}
	if len(file) > 0 && file[0] == 0x30 && (len(file) < 2 || file[1] >= 0x80) {
		return file, true // DER; as base64 text these two bytes cannot be
	}
	if block, rest := pem.Decode(file); block != nil && len(bytes.TrimSpace(rest)) == 0 {
		return block.Bytes, true
	}
	plain := bytes.Join(bytes.Fields(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))), nil)
	out, err := base64.StdEncoding.Strict().AppendDecode(nil, plain)
	return out, err == nil && len(out) > 0
}

// parse reads a detached signature of one signer. The reason is "" when all is
// well.
func parse(raw []byte) (*message, Reason) {
	if len(raw) > MaxSignature {
		return nil, TooLarge
	}
	in := cryptobyte.String(raw)
	var info, wrapped, data, digests, signers cryptobyte.String
	var version int
	if !in.ReadASN1(&info, der.SEQUENCE) || !in.Empty() || !readOID(&info, oidSignedData) ||
		!info.ReadASN1(&wrapped, der.Tag(0).ContextSpecific().Constructed()) || !info.Empty() ||
		!wrapped.ReadASN1(&data, der.SEQUENCE) || !wrapped.Empty() ||
		!data.ReadASN1Integer(&version) || !data.ReadASN1(&digests, der.SET) {
		return nil, Broken
	}
	m := &message{}
	if why := readContent(&data); why != "" {
		return nil, why
	}
	if why := m.readCertificates(&data); why != "" {
		return nil, why
	}
	if !data.ReadASN1(&signers, der.SET) || !data.Empty() || signers.Empty() {
		return nil, Broken
	}
	signerVersion, why := m.readSigner(&signers)
	if why != "" {
		return nil, why
	}
	// Nothing signs these, so they have to be what the rest says. RFC 5652, 5.1.
	oid, ok := readAlgorithm(&digests)
	if !ok || !digests.Empty() || oid != m.digest.oid || version != signerVersion {
		return nil, Broken
	}
	return m, ""
}

// readContent reads what was signed: it must be elsewhere.
func readContent(data *cryptobyte.String) Reason {
	var content cryptobyte.String
	if !data.ReadASN1(&content, der.SEQUENCE) || !readOID(&content, oidData) {
		return Broken
	}
	if !content.Empty() {
		return Attached
	}
	return ""
}

func (m *message) readCertificates(data *cryptobyte.String) Reason {
	var list cryptobyte.String
	var there bool
	if !data.ReadOptionalASN1(&list, &there, implicit0) {
		return Broken
	}
	if !there {
		return NoCertificate
	}
	for !list.Empty() {
		var raw cryptobyte.String
		if len(m.certificates) == maxCertificates {
			return TooLarge
		}
		if !list.ReadASN1Element(&raw, der.SEQUENCE) {
			return Broken
		}
		c, err := ParseCertificate(raw)
		switch {
		case errors.Is(err, gost.ErrOutdated):
			return Outdated
		case err != nil:
			return Broken
		}
		m.certificates = append(m.certificates, c)
	}
	return ""
}

// readSigner reads the only signer and returns the version of its entry.
func (m *message) readSigner(signers *cryptobyte.String) (int, Reason) {
	var signer, attributes, unsigned cryptobyte.String
	var version int
	if !signers.ReadASN1(&signer, der.SEQUENCE) || !signer.ReadASN1Integer(&version) {
		return 0, Broken
	}
	if !signers.Empty() {
		return 0, Several
	}
	if why := m.readIdentifier(&signer, version); why != "" {
		return 0, why
	}
	oid, ok := readAlgorithm(&signer)
	if !ok {
		return 0, Broken
	}
	var why Reason
	if m.digest, why = kindOf(oid); why != "" {
		return 0, why
	}
	m.attributes = bytes.Clone(signer)
	var bare bool
	if !signer.ReadOptionalASN1(&attributes, &bare, signed0) {
		return 0, Broken
	}
	if !bare {
		return 0, Bare
	}
	m.attributes = m.attributes[:len(m.attributes)-len(signer)]
	if m.algorithm, ok = readAlgorithm(&signer); !ok {
		return 0, Algorithm
	}
	var stamped bool
	if !signer.ReadASN1Bytes(&m.value, der.OCTET_STRING) || !signer.ReadOptionalASN1(&unsigned, &stamped, unsigned1) || !signer.Empty() {
		return 0, Broken
	}
	if stamped {
		return 0, Stamped
	}
	return version, m.readAttributes(attributes)
}

// readIdentifier finds the signer's certificate by issuer and serial number, or
// by the identifier of its key.
func (m *message) readIdentifier(signer *cryptobyte.String, version int) Reason {
	const byIssuer, byKey = 1, 3
	if version == byKey {
		var id cryptobyte.String
		if !signer.ReadASN1(&id, keyID0) {
			return Broken
		}
		for _, c := range m.certificates {
			if len(id) > 0 && bytes.Equal(c.SubjectKeyId, id) {
				m.signer = c
			}
		}
	} else {
		var name, issuer cryptobyte.String
		serial := new(big.Int)
		if version != byIssuer || !signer.ReadASN1(&name, der.SEQUENCE) || !name.ReadASN1Element(&issuer, der.SEQUENCE) || !name.ReadASN1Integer(serial) || !name.Empty() {
			return Broken
		}
		for _, c := range m.certificates {
			if bytes.Equal(c.RawIssuer, issuer) && c.SerialNumber.Cmp(serial) == 0 {
				m.signer = c
			}
		}
	}
	if m.signer == nil {
		return NoCertificate
	}
	return ""
}

// readAttributes reads what the signer signed beside the content.
func (m *message) readAttributes(in cryptobyte.String) Reason {
	seen := map[string]bool{}
	for !in.Empty() {
		var attribute, values cryptobyte.String
		var id asn1.ObjectIdentifier
		if !in.ReadASN1(&attribute, der.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) || !attribute.ReadASN1(&values, der.SET) || !attribute.Empty() || seen[id.String()] {
			return Broken
		}
		seen[id.String()] = true
		ok := true
		switch id.String() {
		case oidContentType:
			var kind asn1.ObjectIdentifier
			ok = values.ReadASN1ObjectIdentifier(&kind) && values.Empty()
			m.contentType = kind.String()
		case oidMessageDigest:
			ok = values.ReadASN1Bytes(&m.content, der.OCTET_STRING) && values.Empty()
		case oidSigningTime:
			ok = readTime(&values, &m.signed)
		case oidSigningCertV2:
			why := m.readSigningCertificate(values)
			if why != "" {
				return why
			}
		}
		if !ok {
			return Broken
		}
	}
	switch {
	case !seen[oidContentType] || !seen[oidMessageDigest] || m.contentType != oidData:
		return Broken
	case !seen[oidSigningCertV2] && seen[oidSigningCert]:
		return Outdated
	case !seen[oidSigningCertV2]:
		return Bare
	}
	return ""
}

func readTime(values *cryptobyte.String, t *time.Time) bool {
	if values.PeekASN1Tag(der.UTCTime) {
		return values.ReadASN1UTCTime(t) && values.Empty()
	}
	return values.ReadASN1GeneralizedTime(t) && values.Empty()
}

// readSigningCertificate reads which certificate the signer meant: the first
// one that the attribute names. RFC 5035, 4.
func (m *message) readSigningCertificate(values cryptobyte.String) Reason {
	var whole, list, one cryptobyte.String
	if !values.ReadASN1(&whole, der.SEQUENCE) || !values.Empty() || !whole.ReadASN1(&list, der.SEQUENCE) || !list.ReadASN1(&one, der.SEQUENCE) {
		return Broken
	}
	oid := oidSHA256 // the default
	if one.PeekASN1Tag(der.SEQUENCE) {
		var ok bool
		if oid, ok = readAlgorithm(&one); !ok {
			return Broken
		}
	}
	var why Reason
	if m.certDigest, why = kindOf(oid); why != "" {
		return why
	}
	if !one.ReadASN1Bytes(&m.certHash, der.OCTET_STRING) {
		return Broken
	}
	return ""
}

func readOID(in *cryptobyte.String, want string) bool {
	var id asn1.ObjectIdentifier
	return in.ReadASN1ObjectIdentifier(&id) && id.String() == want
}
