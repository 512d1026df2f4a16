package sandbox

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // identifiers of keys, as RFC 5280 4.2.1.2 makes them
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"kabinet/internal/platform/gost"
)

// Object identifiers of what the centre writes.
const (
	oidSHA256       = "2.16.840.1.101.3.4.2.1"
	oidRSA          = "1.2.840.113549.1.1.1"
	oidRSASHA256    = "1.2.840.113549.1.1.11"
	oidECDSASHA256  = "1.2.840.10045.4.3.2"
	oidSignedData   = "1.2.840.113549.1.7.2"
	oidData         = "1.2.840.113549.1.7.1"
	oidContentType  = "1.2.840.113549.1.9.3"
	oidDigest       = "1.2.840.113549.1.9.4"
	oidSigningTime  = "1.2.840.113549.1.9.5"
	oidSigningCert  = "1.2.840.113549.1.9.16.2.47"
	oidConstraints  = "2.5.29.19"
	oidKeyUsage     = "2.5.29.15"
	oidExtUsage     = "2.5.29.37"
	oidSubjectKey   = "2.5.29.14"
	oidAuthorityKey = "2.5.29.35"
	oidPolicies     = "2.5.29.32"
)

// signer is a key of any kind.
type signer struct {
	gost *gost.PrivateKey
	key  crypto.Signer // RSA or ECDSA when gost is nil
}

var errKind = errors.New("sandbox: no such kind of key")

// newSigner makes a key of a kind.
func newSigner(kind string) (signer, error) {
	var s signer
	var err error
	switch kind {
	case KindGOST256, KindExpired:
		s.gost, err = gost.GenerateKey(gost.CurveOf(gost.CurveCryptoProA))
	case KindGOST512:
		s.gost, err = gost.GenerateKey(gost.CurveOf(gost.CurveTC26A512))
	case KindRSA:
		s.key, err = rsa.GenerateKey(rand.Reader, 2048)
	case KindECDSA:
		s.key, err = newECDSA()
	default:
		err = errKind
	}
	return s, err
}

// secret is the key as the state file has it.
func (s signer) secret() ([]byte, error) {
	if s.gost != nil {
		return s.gost.Secret(), nil
	}
	return x509.MarshalPKCS8PrivateKey(s.key)
}

func readSigner(kind string, secret []byte) (signer, error) {
	var s signer
	var err error
	switch kind {
	case KindGOST256, KindExpired:
		s.gost, err = gost.NewPrivateKey(gost.CurveOf(gost.CurveCryptoProA), secret)
	case KindGOST512:
		s.gost, err = gost.NewPrivateKey(gost.CurveOf(gost.CurveTC26A512), secret)
	default:
		var key any
		if key, err = x509.ParsePKCS8PrivateKey(secret); err == nil {
			s.key, _ = key.(crypto.Signer)
		}
	}
	return s, err
}

// public is the SubjectPublicKeyInfo.
func (s signer) public() ([]byte, error) {
	if s.gost != nil {
		return gost.MarshalPublicKey(&s.gost.PublicKey), nil
	}
	return x509.MarshalPKIXPublicKey(s.key.Public())
}

// digest hashes data for the key; the OID is the hash's.
func (s signer) digest(data []byte) (string, []byte) {
	if s.gost == nil {
		sum := sha256.Sum256(data)
		return oidSHA256, sum[:]
	}
	if s.gost.Curve.Size == gost.Size512 {
		return gost.OIDDigest512, s.gost.Digest(data)
	}
	return gost.OIDDigest256, s.gost.Digest(data)
}

// algorithm is the OID of signatures in certificates, and in messages.
func (s signer) algorithm() (certificate, message string) {
	switch {
	case s.gost != nil && s.gost.Curve.Size == gost.Size512:
		return gost.OIDSignature512, gost.OIDKey512
	case s.gost != nil:
		return gost.OIDSignature256, gost.OIDKey256
	}
	if _, ok := s.key.(*rsa.PrivateKey); ok {
		return oidRSASHA256, oidRSA
	}
	return oidECDSASHA256, oidECDSASHA256
}

func (s signer) sign(data []byte) ([]byte, error) {
	_, digest := s.digest(data)
	if s.gost != nil {
		return gost.Sign(s.gost, digest)
	}
	if key, ok := s.key.(*ecdsa.PrivateKey); ok {
		return ecdsa.SignASN1(rand.Reader, key, digest)
	}
	return s.key.Sign(rand.Reader, digest, crypto.SHA256)
}

type build = cryptobyte.BuilderContinuation

func sequence(parts ...build) build {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, p := range parts {
				p(b)
			}
		})
	}
}

func tagged(tag der.Tag, parts ...build) build {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(tag, func(b *cryptobyte.Builder) {
			for _, p := range parts {
				p(b)
			}
		})
	}
}

func oid(dotted string) build {
	return func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(gost.ObjectIdentifier(dotted)) }
}

func raw(p []byte) build         { return func(b *cryptobyte.Builder) { b.AddBytes(p) } }
func octets(p []byte) build      { return func(b *cryptobyte.Builder) { b.AddASN1OctetString(p) } }
func number(n int64) build       { return func(b *cryptobyte.Builder) { b.AddASN1Int64(n) } }
func bigNumber(n *big.Int) build { return func(b *cryptobyte.Builder) { b.AddASN1BigInt(n) } }
func bits(p []byte) build        { return func(b *cryptobyte.Builder) { b.AddASN1BitString(p) } }
func moment(t time.Time) build {
	return func(b *cryptobyte.Builder) {
		if t.Year() >= 2050 {
			b.AddASN1GeneralizedTime(t.UTC())
			return
		}
		b.AddASN1UTCTime(t.UTC())
	}
}

func encode(p build) []byte {
	var b cryptobyte.Builder
	p(&b)
	return b.BytesOrPanic()
}

// attribute is a value of a name; numbers are NumericString, as centres write
// them.
func attribute(name, value string, numeric bool) build {
	tag := der.UTF8String
	if numeric {
		tag = der.Tag(asn1.TagNumericString)
	}
	return tagged(der.SET, sequence(oid(name), tagged(tag, raw([]byte(value)))))
}

// subject is the name of a person in a certificate.
func subject(p Person) []byte {
	given := p.Name
	if p.Patronymic != "" {
		given += " " + p.Patronymic
	}
	return encode(sequence(
		attribute("2.5.4.3", p.Surname+" "+given, false), attribute("2.5.4.4", p.Surname, false), attribute("2.5.4.42", given, false),
		attribute("1.2.643.100.3", p.SNILS, true), attribute("1.2.643.3.131.1.1", p.INN, true)))
}

// certificate is what is to be signed.
type certificate struct {
	serial          *big.Int
	issuer, subject []byte
	from, to        time.Time
	public          []byte
	authority       []byte // identifier of the issuer's key
	centre          bool
	class           string // policy of the owner's tool, "" for none
}

func keyID(spki []byte) []byte {
	sum := sha1.Sum(spki) //nolint:gosec // see the import
	return sum[:]
}

func extension(id string, critical bool, value build) build {
	return sequence(oid(id), func(b *cryptobyte.Builder) {
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(encode(value))
	})
}

// issue returns the certificate signed by the centre's key.
func (c certificate) issue(by signer) ([]byte, error) {
	extensions := []build{extension(oidSubjectKey, false, octets(keyID(c.public))),
		extension(oidAuthorityKey, false, sequence(tagged(der.Tag(0x80), raw(c.authority))))}
	usage := encode(tagged(der.BIT_STRING, raw([]byte{6, 0xc0}))) // digitalSignature, nonRepudiation
	if c.centre {
		usage = encode(tagged(der.BIT_STRING, raw([]byte{1, 0x06}))) // keyCertSign, cRLSign
		extensions = append(extensions, extension(oidConstraints, true, sequence(func(b *cryptobyte.Builder) { b.AddASN1Boolean(true) }, number(0))))
	} else {
		extensions = append(extensions, extension(oidExtUsage, false, sequence(oid("1.3.6.1.5.5.7.3.2"), oid("1.3.6.1.5.5.7.3.4")))) // client, mail
	}
	if c.class != "" {
		extensions = append(extensions, extension(oidPolicies, false, sequence(sequence(oid(c.class)))))
	}
	extensions = append(extensions, extension(oidKeyUsage, true, raw(usage)))
	algorithm, _ := by.algorithm()
	tbs := encode(sequence(tagged(der.Tag(0xa0), number(2)), bigNumber(c.serial), sequence(oid(algorithm)), raw(c.issuer), sequence(moment(c.from), moment(c.to)),
		raw(c.subject), raw(c.public), tagged(der.Tag(0xa3), sequence(extensions...))))
	return signed(tbs, by)
}

// signed puts a signature after what is signed.
func signed(tbs []byte, by signer) ([]byte, error) {
	algorithm, _ := by.algorithm()
	value, err := by.sign(tbs)
	if err != nil {
		return nil, err
	}
	return encode(sequence(raw(tbs), sequence(oid(algorithm)), bits(value))), nil
}

// revocationList is the centre's list of revoked serial numbers.
func revocationList(issuer []byte, revoked []*big.Int, from, to time.Time, by signer) ([]byte, error) {
	algorithm, _ := by.algorithm()
	var entries []build
	for _, serial := range revoked {
		entries = append(entries, sequence(bigNumber(serial), moment(from)))
	}
	parts := []build{number(1), sequence(oid(algorithm)), raw(issuer), moment(from), moment(to)}
	if len(entries) > 0 {
		parts = append(parts, sequence(entries...))
	}
	return signed(encode(sequence(parts...)), by)
}

// message is a detached CMS signature over content, CAdES-BES.
func message(content []byte, own []byte, by signer, at time.Time) ([]byte, error) {
	c, err := x509.ParseCertificate(own)
	if err != nil {
		return nil, err
	}
	hash, digest := by.digest(content)
	_, certHash := by.digest(own)
	meant := sequence(octets(certHash))
	if hash != oidSHA256 {
		meant = sequence(sequence(oid(hash)), octets(certHash))
	}
	var attributes [][]byte
	for _, a := range []build{
		sequence(oid(oidContentType), tagged(der.SET, oid(oidData))),
		sequence(oid(oidSigningTime), tagged(der.SET, moment(at))),
		sequence(oid(oidDigest), tagged(der.SET, octets(digest))),
		sequence(oid(oidSigningCert), tagged(der.SET, sequence(sequence(meant)))),
	} {
		attributes = append(attributes, encode(a))
	}
	slices.SortFunc(attributes, bytes.Compare) // DER of a SET OF
	all := raw(slices.Concat(attributes...))
	value, err := by.sign(encode(tagged(der.SET, all)))
	if err != nil {
		return nil, err
	}
	_, algorithm := by.algorithm()
	one := sequence(number(1), sequence(raw(c.RawIssuer), bigNumber(c.SerialNumber)), sequence(oid(hash)), tagged(der.Tag(0xa0), all),
		sequence(oid(algorithm), func(b *cryptobyte.Builder) {
			if algorithm == oidRSA {
				b.AddASN1NULL()
			}
		}), octets(value))
	return encode(sequence(oid(oidSignedData), tagged(der.Tag(0xa0), sequence(number(1), tagged(der.SET, sequence(oid(hash))), sequence(oid(oidData)),
		tagged(der.Tag(0xa0), raw(own)), tagged(der.SET, one))))), nil
}
