"""Scores and vectors as files, so that one machine computes and another one reviews.

A file says whose numbers it holds: a header with the whole configuration of each scorer or
embedder, of which its identity is the hash. Rows name a record by its uid and the text that was
read by its hash, so that a number can only come to the text it was computed from.
"""
