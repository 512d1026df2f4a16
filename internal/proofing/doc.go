// Package proofing finds out whether somebody is who they say they are, and
// raises the level of the account by it.
//
// Simplified becomes Standard when the passport and pension registers know the
// person as they typed themselves in (Submit). It becomes Confirmed when
// somebody saw the person or their papers, or stands up for them: Confirm is
// what every such way ends in, whichever feature it belongs to. Ways are a list
// made where the portal is joined, so that a new one changes nothing here.
//
// A Request is what is to be found out. Registers decide most of them within
// seconds; one that does not answer is asked again for five days, then, and when
// the registers cannot tell, a verifier decides from papers. Changes of verified
// data are requests too (RequestChange).
//
// Invariants: nothing that the portal checked is ever changed by it on its own;
// one person has one account: СНИЛС, ИНН and passport are claimed in the
// transaction that marks them as verified. Whoever comes second learns nothing of
// the first, and a verifier finds out who is who. Every look of a verifier is in
// the log that the person reads. What a request holds lies sealed; the queue of
// the verifiers holds IDs only.
package proofing
