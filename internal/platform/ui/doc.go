// Package ui draws everything that a person sees: page shells, fields,
// buttons, cards, lists. Features compose its components and write no markup
// with classes of their own where a component exists.
package ui
