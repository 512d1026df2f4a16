// Package outside lets people in through sign-ins that others keep: ЕСИА, Сбер
// ID, banks, any provider of OpenID Connect.
//
// A provider says who somebody is; the portal keeps a link between that
// provider's subject and an account. The first time nothing is linked: the
// person reads what the provider passes on and agrees to it, apart from
// everything else, and then links an account that they prove to be theirs, or
// gets a new one. From then on the provider's word lets them in, with our second
// step where the provider has not asked for one itself.
//
// Invariants:
//   - A subject of a provider belongs to at most one account, an account has at
//     most one subject of a provider. Subjects are found by a keyed hash.
//   - An account is linked only by somebody who is signed in to it or holds its
//     phone, and whose name and birth date are those that the provider says.
//   - What a provider says is used only within the browser that was sent to it,
//     for half an hour and once; nothing of it is kept when the person refuses.
//   - The last way into an account is not unlinked. Withdrawing the consent to a
//     provider's data takes its link in any case.
//   - No page waits for a provider but the ones that lead to it and back.
//
// Verified data stay as they were, typed ones that differ are left to the
// person; what a provider vouches for is filled in where nothing stood. Numbers
// that another account holds already keep somebody from getting a second one.
//
// What a provider's word is worth (the level, the contacts, the second step) is
// a matter of its configuration, see ReadProviders. Sessions are begun by package
// account alone. The protocols are in oidc and esia.
//
// Sources: OpenID Connect Core 1.0; OWASP ASVS 5.0 V10; requirements,
// A-43….
package outside
