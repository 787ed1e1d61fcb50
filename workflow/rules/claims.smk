# The topics that write claims, in the order of the ledger. The rule of a topic writes its tables to
# results/<topic>/ and its rows of the ledger to results/claims/<topic>.csv.
TOPICS = ["figures"]
