// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Several reads in one eth_call
/// @notice Never deployed. An RPC runs this constructor in an eth_call without `to`. What a constructor returns counts
///         as the code of the new contract, and the eth_call gives that back: the answers. So it works on every chain,
///         as of any block, with nothing put there.
contract BatchRead {
    struct Read {
        address target;
        bytes data;
    }

    struct Answer {
        bool ok;
        bytes data;
    }

    /// @param reads What to read. One that reverts has `ok` false in its answer, and stops no other.
    constructor(Read[] memory reads) {
        Answer[] memory answers = new Answer[](reads.length);
        for (uint256 i; i < reads.length; ++i) {
            // Half of what is left, so that a target that burns all it gets leaves enough for the others.
            (answers[i].ok, answers[i].data) = reads[i].target.staticcall{gas: gasleft() / 2}(reads[i].data);
        }
        bytes memory encoded = abi.encode(answers);
        assembly ("memory-safe") {
            return(add(encoded, 32), mload(encoded))
        }
    }
}
