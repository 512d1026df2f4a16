// Package pki reads certificates, detached CMS signatures, revocation lists and
// the list of accredited certification centres, with GOST R 34.10-2012 beside
// RSA and ECDSA, which the standard library alone does not check.
//
// Everything here is a pure function of bytes and of the time it is told:
// fetching, keeping and deciding who may do what stand in package signature.
//
// Verify reports every step apart, in the order of domain rules for CAdES-BES:
// the form of the file, the content, the certificate that the signer named, the
// value, the chain to a trusted centre, the purpose, the term and revocation.
// Each is valid, invalid or could not be checked, and says why in a Reason.
//
// Invariants: whatever is not covered by a signature in a file is either checked
// against something that is, or makes the file refused. So one flipped bit
// anywhere in a file is refused. A centre of the trust list whose accreditation
// does not hold at the time is not passed by through another path.
//
// It does not check time stamps (RFC 3161): a signature that carries one is
// refused with a reason of its own, since nothing would vouch for that part.
//
// Source: RFC 5652 (CMS), RFC 5035 (signing-certificate-v2), RFC 5280
// (certificates, revocation), RFC 9215 (GOST), 63-FZ (qualified certificates).
package pki
