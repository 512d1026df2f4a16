package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

func oidData() asn1.ObjectIdentifier       { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }
func oidSignedData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2} }
func oidContentType() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
}
func oidMessageDigest() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
}
func oidSigningCertificateV2() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
}
func oidSHA256() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1} }
func oidECDSAWithSHA256() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
}

// The signed attributes are hashed as a SET and stored under a context tag.
const (
	asSet    = der.SET
	asStored = der.Tag(0xa0)
)

// signedAttributes is what the key signs: the digest of the file and which
// certificate is meant. The time is not among them: PAdES takes it from the
// signature dictionary, which the digest covers.
func signedAttributes(c *x509.Certificate, digest []byte, tag der.Tag) []byte {
	certHash := sha256.Sum256(c.Raw)
	attrs := [][]byte{
		attribute(oidContentType(), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData()) }),
		attribute(oidMessageDigest(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attribute(oidSigningCertificateV2(), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // certs
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(certHash[:]) })
				})
			})
		}),
	}
	return set(tag, attrs)
}

func attribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(der.SET, value)
	})
	return b.BytesOrPanic()
}

// set encodes a SET OF in the order that DER demands.
func set(tag der.Tag, elements [][]byte) []byte {
	elements = slices.Clone(elements)
	slices.SortFunc(elements, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
	return b.BytesOrPanic()
}

// encodeCMS encodes the SignedData of a detached signature with value by the
// first certificate of chain over digest.
func encodeCMS(chain []*x509.Certificate, digest, value []byte) []byte {
	sha := func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSHA256()) })
	}
	certs := make([][]byte, len(chain))
	for i, c := range chain {
		certs[i] = c.Raw
	}
	signer := func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(chain[0].RawIssuer)
				b.AddASN1BigInt(chain[0].SerialNumber)
			})
			sha(b)
			b.AddBytes(signedAttributes(chain[0], digest, asStored))
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidECDSAWithSHA256()) })
			b.AddASN1OctetString(value)
		})
	}
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // ContentInfo
		b.AddASN1ObjectIdentifier(oidSignedData())
		b.AddASN1(der.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // SignedData
				b.AddASN1Int64(1)
				b.AddASN1(der.SET, sha)
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData()) })
				b.AddBytes(set(der.Tag(0).ContextSpecific().Constructed(), certs))
				b.AddASN1(der.SET, signer)
			})
		})
	})
	return b.BytesOrPanic()
}

var errCMS = errors.New("not a signature of the known shape")

// signatureValue takes the value out of a signature that encodeCMS made,
// followed by anything. It checks no more than it needs to get there.
func signatureValue(cms []byte) ([]byte, error) {
	in := cryptobyte.String(cms)
	var info, content, data, signers, signer, value cryptobyte.String
	ok := in.ReadASN1(&info, der.SEQUENCE) &&
		info.SkipASN1(der.OBJECT_IDENTIFIER) &&
		info.ReadASN1(&content, der.Tag(0).ContextSpecific().Constructed()) &&
		content.ReadASN1(&data, der.SEQUENCE) &&
		data.SkipASN1(der.INTEGER) &&
		data.SkipASN1(der.SET) &&
		data.SkipASN1(der.SEQUENCE) &&
		data.SkipASN1(der.Tag(0).ContextSpecific().Constructed()) &&
		data.ReadASN1(&signers, der.SET) &&
		signers.ReadASN1(&signer, der.SEQUENCE) &&
		signer.SkipASN1(der.INTEGER) &&
		signer.SkipASN1(der.SEQUENCE) &&
		signer.SkipASN1(der.SEQUENCE) &&
		signer.SkipASN1(asStored) &&
		signer.SkipASN1(der.SEQUENCE) &&
		signer.ReadASN1(&value, der.OCTET_STRING)
	if !ok || len(value) > 72 {
		return nil, errCMS
	}
	return value, nil
}
