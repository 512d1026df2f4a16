// Package signature makes and checks electronic signatures: the seal that the
// operator puts on every document it issues, and signatures of people, who sign
// in, register and prove who they are by them.
//
// People sign a file that names the portal, the purpose and the time, with any
// program: the portal never meets their key. The file is kept nowhere but sealed
// in the form, and a right answer is written down, so that it works once, within
// five minutes, in the browser that asked, for the one purpose. A browser may show
// its certificate by TLS instead. Whose a certificate is, is told by the account
// it is bound to, else by the СНИЛС or ИНН in it; what it takes to believe it is
// the business of package pki. A certificate that could not be checked, for want
// of a revocation list, is not believed.
//
// A seal is a PAdES signature (ETSI EN 319 142-1, profile B-B:
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
// It does not decide what a proved identity opens (proofing) nor which documents
// are issued (document, application). Seals are not stamped by a third party
// (RFC 3161) and not looked for on revocation lists: a seal key that leaked has
// to be taken out of the configuration.
//
// Sources: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 5754 (ECDSA
// in CMS), ISO 32000-1 12.8 (signatures in PDF), 63-FZ 5 and 6 (kinds of
// signature and what they are worth).
package signature
