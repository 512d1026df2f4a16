// Package search finds short Russian and English texts in memory.
//
// It is made for catalogues of some ten thousand cards that are rebuilt whole
// when they change: an Index never changes after New and may be used by any
// number of goroutines. It forgives what people do while typing: inflected
// forms, the letter «ё», one or two wrong letters in a word, the wrong keyboard
// layout, and a word that is not finished yet.
//
// How a query is understood, word by word:
//
//   - a word whose stem is known stands for that stem;
//   - an unknown word stands for the words that begin with it (at most 20 stems);
//   - failing that, for the known stems nearest to it: one wrong letter in a
//     word of four or five letters, two in a longer one (optimal string
//     alignment: a missing, extra or other letter, or two letters swapped);
//   - the whole query is also read through the other keyboard layout, and that
//     reading is kept when it leaves fewer words unknown.
//
// What is found has every word of the query; when nothing has, what has the
// most of them, and at least half.
package search
