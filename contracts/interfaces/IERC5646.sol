// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Token state fingerprint (ERC-5646). Interface id 0xf5112315
interface IERC5646 {
    /// @notice A value that changes with the state of the token: a buyer who names it gets what he saw, or nothing.
    function getStateFingerprint(uint256 tokenId) external view returns (bytes32);
}
