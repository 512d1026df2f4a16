// Package signature makes and checks electronic signatures.
//
// So far it holds one kind: the seal that the operator puts on every document
// it issues. A seal is a PAdES signature (ETSI EN 319 142-1, profile B-B:
// SubFilter ETSI.CAdES.detached, signing-certificate-v2) by the operator's
// ECDSA P-256 key, written as an incremental update that also declares the
// document certified with no changes allowed. Acrobat, poppler's pdfsig and
// Okular read it without knowing the portal.
//
// Invariants: one wrong byte anywhere in a sealed file, inside the signature
// value too, makes VerifySeal refuse it; only a certificate given to NewSealer
// counts as the operator's; the same file sealed at the same time gives the
// same bytes.
//
// It does not decide which documents are issued (document, application), does
// not stamp time by a third party (RFC 3161) and does not ask about
// revocation: a seal key that leaked has to be taken out of the configuration.
//
// Sources: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 5754 (ECDSA
// in CMS), ISO 32000-1 12.8 (signatures in PDF), 63-FZ 5 and 6 (kinds of
// signature and what they are worth).
package signature
